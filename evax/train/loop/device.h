#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "evax/core/tensor.h"
#include "evax/train/loop/distributed.h"

namespace evax::train {

/// Whether run.device asks for, or with "auto" finds, a GPU that this LibTorch can use.
bool wants_gpu(const std::string& device);

/// run.device as a device of this process: "auto" and "cuda" are the GPU of its local rank. Throws
/// Error when a GPU is asked for and there is none.
at::Device choose_device(const std::string& device, const Distributed& distributed);

/// The values of a batch, float32 or uint8: a view on the CPU; elsewhere a copy that overlaps with
/// computation.
at::Tensor on_device(const Tensor& tensor, const at::Device& device);

}  // namespace evax::train
