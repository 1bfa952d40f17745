#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace evax::app {

/// A bash completion script made from the parser itself, so that it cannot fall behind it.
std::string bash_completion(const CLI::App& app);

}  // namespace evax::app
