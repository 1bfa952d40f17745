#pragma once

#include "apps/evax/options.h"

namespace evax::app {

/// Adds the verb `train`; its options are those of `evax-train train`.
void add_train(CLI::App& app, Action& action);

/// Becomes the process `evax-train ARGUMENTS...`, the program beside this one. Returns only by
/// throwing Error: it is not installed, or cannot be started.
[[noreturn]] void become_evax_train(std::vector<std::string> arguments);

}  // namespace evax::app
