#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <functional>
#include <string>

namespace evax::nn {

/// How a parameter's fresh values are distributed: normal (cut off or not), uniform, or all `mean`.
struct Distribution {
  double mean = 0, std = 0;
  double cut = 0;      // where positive: normal numbers further than that from the mean are redrawn
  double uniform = 0;  // half-width around 0
};

using Law = std::function<Distribution(const std::string& name, const at::Tensor& parameter)>;

/// Draws the parameters whose names start with `prefix`. Each has a random stream keyed by (seed,
/// name): what else the network has does not matter.
void draw_parameters(torch::nn::Module& network, uint64_t seed, const Law& law,
                     const std::string& prefix = "");

}  // namespace evax::nn
