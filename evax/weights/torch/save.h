#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evax/core/tensor.h"

namespace evax::weights::torch {

/// A state dict in the order it is written.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// Writes a file that torch.load(weights_only=True) opens: the state dict, under `wrapper` unless
/// that is empty. Tensors whose bytes are the same bytes share one storage. Atomic; equal input
/// gives equal bytes.
void save(const std::string& path, const StateDict& tensors, const std::string& wrapper);

}  // namespace evax::weights::torch
