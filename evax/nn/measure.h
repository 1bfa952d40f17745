#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "evax/weights/config.h"

namespace evax::nn {

/// Seconds of one training step by what it does.
struct TrainingSpeed {
  double images_per_second = 0;
  double forward = 0;  // with the loss
  double backward = 0;
  double optimizer = 0;
};

/// The mean training step over about `seconds` after one that does not count: a fresh network's
/// forward pass, binary cross entropy, backward pass and fused AdamW over images that lie in
/// memory. `autocast`: bfloat16, or nothing for float32. On the CPU, with `threads` threads.
TrainingSpeed training_images_per_second(const weights::ModelConfig& config, int64_t batch,
                                         int threads, std::optional<at::ScalarType> autocast,
                                         double seconds);

/// Keeps freed memory in the process from now on. Activations come and go at every step; without
/// this glibc returns the large ones to the system and the kernel clears them again page by page.
void keep_freed_memory();

}  // namespace evax::nn
