#pragma once

#include <optional>

#include "evax/engine/layers/layer_norm.h"
#include "evax/engine/layers/linear.h"

namespace evax::engine {

/// Mean of the patch tokens or the cls token, norm, classifier; always in float32 (spec A.2, steps
/// 7 and 8; timm's global_pool).
class Head {
 public:
  Head(const Scope& model, const weights::ModelConfig& config, Arena& arena);

  /// From an image's tokens x [tokens, width] writes features [width] and logits [num_classes]
  /// where requested.
  void operator()(const Matrix& x, const Workspace& workspace, float* features,
                  float* logits) const;

  /// Columns of the logits with the padding of their matrix product.
  size_t padded_classes() const { return linear_ ? linear_->outputs() : 0; }

 private:
  size_t tokens_, width_, classes_;
  bool mean_;  // of the patch tokens
  LayerNorm norm_;
  std::optional<Linear> linear_;
};

}  // namespace evax::engine
