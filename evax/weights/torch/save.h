#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evax/core/tensor.h"

namespace evax::weights::torch {

/// A state dict in the order it is written.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// Writes a file that torch.load(weights_only=True) opens: the state dict, under `wrapper` unless
/// that is empty, and records that torch.load passes over. Tensors whose bytes are the same bytes
/// share one storage. Atomic; equal input gives equal bytes.
void save(const std::string& path, const StateDict& tensors, const std::string& wrapper,
          const std::map<std::string, std::string>& records = {});

}  // namespace evax::weights::torch
