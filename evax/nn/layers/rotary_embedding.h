#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "evax/weights/config.h"

namespace evax::nn {

/// exp(i angle) of every token and pair of channels as real and imaginary part, [1 + grid^2, 32, 2]
/// (spec A.3); the cls token's angles are 0, which leaves it as it is.
at::Tensor rotary_table(const weights::ModelConfig& config);

/// Splits the projections of a batch, [N, tokens, 3, heads, 64], into queries, keys and values,
/// each [N, tokens, heads, 64], and rotates queries and keys in place: neighbouring channels are
/// the two parts of a complex number, which rotation multiplies by the table. The projections must
/// not be used by anything else.
std::vector<at::Tensor> rotate(const at::Tensor& projections, const at::Tensor& table);

}  // namespace evax::nn
