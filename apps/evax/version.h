#pragma once

#include <string>

namespace evax::app {

/// What `evax --version` prints: evax, its libraries, the CPU's features, the kernels chosen.
std::string version();

}  // namespace evax::app
