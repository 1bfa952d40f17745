#pragma once

#include <ATen/core/Tensor.h>

#include "evax/core/tensor.h"

namespace evax::nn {

/// The values as a float32 LibTorch tensor of its own on the CPU.
at::Tensor to_torch(const Tensor& tensor);
/// The values as float32 bytes of their own, from any device.
Tensor from_torch(const at::Tensor& tensor);

}  // namespace evax::nn
