#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "evax/train/distributed.h"

namespace evax::train {

/// Whether run.device asks for, or with "auto" finds, a GPU that this LibTorch can use.
bool wants_gpu(const std::string& device);

/// run.device as a device of this process: "auto" and "cuda" are the GPU of its local rank. Throws
/// Error when a GPU is asked for and there is none.
at::Device choose_device(const std::string& device, const Distributed& distributed);

}  // namespace evax::train
