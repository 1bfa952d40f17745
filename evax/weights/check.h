#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evax/weights/config.h"
#include "evax/weights/safetensors.h"

namespace evax::weights {

/// Whether a floating tensor holds an infinity or a NaN.
bool has_non_finite(const Tensor& tensor);

/// parameters_of(config), and mask_token and lm_head.* for a network without a head when `tensors`
/// holds any of them, with the target size found there.
std::vector<std::pair<std::string, Shape>> expected_tensors(const ModelConfig& config,
                                                            const TensorMap& tensors);

/// Throws Error unless the tensors are exactly the expected ones in name and shape, floating and
/// finite. The sentence names what is missing, unexpected and of another shape: a few by name, the
/// rest by count.
void check_tensors(const std::string& path,
                   const std::vector<std::pair<std::string, Shape>>& expected,
                   const TensorMap& tensors);

/// "a, b, c and 4 more"
std::string list_some(const std::vector<std::string>& names);

}  // namespace evax::weights
