#pragma once

#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// Bytes that a training process takes on its device, beyond what libraries take for themselves
/// (a few hundred MB).
struct MemoryEstimate {
  double parameters = 0;  // float32, and their copies in half precision
  double gradients = 0;
  double optimizer = 0;    // AdamW: two numbers a parameter; SGD: one; averaged weights
  double activations = 0;  // kept from forward to backward, and the backward pass's own
  double batches = 0;      // images in use and read ahead
  double total() const { return parameters + gradients + optimizer + activations + batches; }
};

/// For one process with the recipe's batch; `half`: bf16 or fp16 by autocast. Per token a block
/// keeps 8 embed_dim + 3 mlp_hidden numbers (docs/recipes.md, Memory).
MemoryEstimate estimate_memory(const Recipe& recipe, int classes, bool half);

/// Activations that one image leaves behind in the encoder's forward pass, in bytes.
double activation_bytes(const weights::ModelConfig& config, bool checkpoint_blocks, bool half);

/// The same of the decoder's, which the model must have.
double decoder_activation_bytes(const weights::ModelConfig& config, bool half);

}  // namespace evax::train
