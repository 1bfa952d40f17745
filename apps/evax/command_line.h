#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "apps/evax/options.h"

namespace evax::app {

/// Adds the verbs of a program to its parser; parsing sets the action that was asked for.
using AddVerbs = std::function<void(CLI::App& app, Action& action)>;

/// What the main() of evax and of evax-train do: parse, act, and report errors in one line each. A
/// word that is not a verb is named with the nearest one. Returns the exit code: that of the
/// action, 1 failed, 2 wrong usage.
int run_command_line(CLI::App& app, int argc, char** argv, const AddVerbs& add_verbs);

}  // namespace evax::app
