#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace evax::app {

/// Adds every verb of evax with its options; parsing sets `action` to the call that was asked for,
/// which returns the exit code. `arguments`: the whole command line, for verbs that evax-train
/// takes over.
void add_verbs(CLI::App& app, std::function<int()>& action,
               const std::vector<std::string>& arguments);

}  // namespace evax::app
