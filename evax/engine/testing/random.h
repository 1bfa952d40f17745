#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evax/engine/testing/formula_model.h"

namespace evax::engine::testing {

/// Reproducible values in [-scale, scale); another `stream`, other values.
inline std::vector<float> random_values(size_t count, uint64_t stream, float scale = 1) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = scale * static_cast<float>(formula_value(stream, i));
  return values;
}

}  // namespace evax::engine::testing
