#pragma once

#include <array>

#include "evax/engine/explain/product.h"
#include "evax/engine/explain/share.h"
#include "evax/engine/vision_transformer.h"

namespace evax::engine {

/// Attention rollout (Abnar and Zuidema, arXiv 2005.00928): R = A_L ... A_1 with A = half the mean
/// of the heads' attention + half the identity. One for each image at work.
class Rollout {
 public:
  explicit Rollout(const weights::ModelConfig& config);

  /// Runs an image and writes R, [tokens, tokens]; every member of the share's team calls it.
  void operator()(const VisionTransformer& network, const float* image, Workspace& workspace,
                  const Part& part, const Share& share, float* rollout);

 private:
  void mix(const VisionTransformer& network, size_t layer, Workspace& workspace, const Part& part);

  size_t tokens_, layers_, heads_;
  Arena arena_;
  Product product_;
  Matrix head_;                         // one head's attention
  Matrix mixed_;                        // A
  std::array<Matrix, 2> transposed_{};  // Rᵀ before and after a layer: Rᵀ Aᵀ is a product with A
};

}  // namespace evax::engine
