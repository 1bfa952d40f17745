#pragma once

#include "evax/weights/config.h"

namespace evax::engine {

/// Floating-point operations of one image, 2 M N K for every matrix product: patches, linear
/// layers, attention and the head of a transformer (2.507, 9.197 and 35.13 GFLOP for Ti, S and B at
/// 224 px).
inline double flops_per_image(const weights::ModelConfig& config) {
  const double tokens = config.tokens();
  const double width = config.embed_dim;
  const double patch = 3.0 * config.patch_size * config.patch_size;
  const double matrices = config.is_eva_x() ? 3 : 2;  // of the MLP
  const double linear = 4 * width * width + matrices * width * config.mlp_hidden;
  const double attention = 2 * tokens * width;
  return 2 * ((tokens - 1) * patch * width + config.depth * tokens * (linear + attention) +
              width * config.num_classes);
}

}  // namespace evax::engine
