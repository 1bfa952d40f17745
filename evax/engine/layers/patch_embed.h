#pragma once

#include <vector>

#include "evax/engine/layers/linear.h"
#include "evax/engine/layers/scope.h"

namespace evax::engine {

/// Image to tokens: a convolution with kernel = stride = patch size as one matrix product, the cls
/// token in front, the position embedding added (spec A.2, steps 2 and 4).
class PatchEmbed {
 public:
  PatchEmbed(const Scope& model, const weights::ModelConfig& config, const Kernels& kernels,
             Arena& arena);

  /// image: float32 [3, size, size]; writes rows of x (the residual stream), uses rows of patches.
  void operator()(const float* image, const Matrix& patches, const Matrix& x, Rows rows) const;

 private:
  void gather(const float* image, size_t patch, const Matrix& patches) const;

  size_t image_, patch_, grid_, width_;
  void (*from_floats_)(const float*, void*, size_t);
  Linear projection_;
  std::vector<float> initial_;  // [tokens, width]: position embedding, plus the cls token in row 0
};

}  // namespace evax::engine
