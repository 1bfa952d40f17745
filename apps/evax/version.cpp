#include "apps/evax/version.h"

#include <fmt/format.h>

#include "evax/engine/model.h"

namespace evax::app {

std::string version(const char* program) {
  return fmt::format("{} {}\nlibraries: {}\nCPU: {}\nkernels: {}", program, EVAX_VERSION,
                     EVAX_LIBRARIES, engine::cpu_features(), engine::kernels());
}

}  // namespace evax::app
