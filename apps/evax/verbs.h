#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace evax::app {

/// Adds every verb of evax with its options; parsing sets `action` to the call that was asked for,
/// which returns the exit code.
void add_verbs(CLI::App& app, std::function<int()>& action);

}  // namespace evax::app
