#pragma once

#include <string>
#include <vector>

namespace evax::app {

/// Becomes the process `evax-train ARGUMENTS...`, the program beside this one. Returns only by
/// throwing Error: it is not installed, or cannot be started.
[[noreturn]] void become_evax_train(std::vector<std::string> arguments);

}  // namespace evax::app
