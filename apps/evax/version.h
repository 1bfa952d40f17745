#pragma once

#include <string>

namespace evax::app {

/// What `evax --version` and `evax-train --version` print: the program and its version, its
/// libraries, the CPU's features, the kernels chosen.
std::string version(const char* program);

}  // namespace evax::app
