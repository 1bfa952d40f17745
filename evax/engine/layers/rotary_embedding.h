#pragma once

#include <vector>

#include "evax/weights/config.h"

namespace evax::engine {

/// Rotary position embedding in the form the attention kernels read: [1 + grid^2, 64], the cls
/// token first and not rotated, the sine's sign folded in (negative at even channels), so that
/// y = x cos + swap_neighbours(x) sin (spec A.3). A plain ViT rotates by nothing, y = x.
class RotaryEmbedding {
 public:
  explicit RotaryEmbedding(const weights::ModelConfig& config);
  const float* cos() const { return cos_.data(); }
  const float* sin() const { return sin_.data(); }

 private:
  std::vector<float> cos_, sin_;
};

}  // namespace evax::engine
