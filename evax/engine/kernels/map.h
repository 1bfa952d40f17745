#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// What happens to feature maps between their matrix products, float32.
struct MapKernel {
  /// y += wa a + wb b: one step of a bilinear interpolation.
  void (*blend)(const float* a, float wa, const float* b, float wb, float* y, size_t count);
  /// x = max(x, 0).
  void (*relu)(float* x, size_t count);
};

const MapKernel& map_f32();

}  // namespace evax::engine::kernel
