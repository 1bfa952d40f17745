#pragma once

#include "apps/evax/options.h"

namespace evax::app {

/// Adds the verb `train`; its options are those of `evax-train train`.
void add_train(CLI::App& app, Action& action);

/// Becomes the process `evax-train ARGUMENTS...`, the program beside this one. Returns only by
/// throwing Error: it is not installed, or cannot be started.
[[noreturn]] void become_evax_train(std::vector<std::string> arguments);

/// Becomes evax-train, which then does the same, when the model file holds a convolutional network,
/// which the engine does not run. Any other file is left to the verb.
void hand_over(const std::string& model, const std::vector<std::string>& arguments);

}  // namespace evax::app
