#pragma once

#include <vector>

#include "evax/engine/layers/linear.h"
#include "evax/engine/layers/scope.h"

namespace evax::engine {

/// The weights of a convolution as matrices, one for each position of its kernel (row by row): what
/// a position adds to an output is its matrix times one input pixel. Batch normalisation is folded
/// in, as it is linear once trained.
struct Taps {
  std::vector<Tensor> weights;  // float32 [outputs, inputs] each
  std::vector<float> bias;      // [outputs]

  int64_t outputs() const { return weights.front().size(0); }
  int64_t inputs() const { return weights.front().size(1); }
};

/// `scope`: mmcv's ConvModule, conv.weight [outputs, inputs, kernel, kernel] without a bias, and
/// bn.
Taps conv_module(const Scope& scope, int64_t outputs, int64_t inputs, int64_t kernel);
/// `scope`: a convolution with a kernel of 1 and a bias.
Taps conv(const Scope& scope, int64_t outputs, int64_t inputs);
/// `scope`: a transposed convolution with kernel and stride 2, weight [inputs, outputs, 2, 2].
Taps conv_transpose(const Scope& scope, int64_t inputs, int64_t outputs);
/// `taps` with the batch normalisation of `scope` behind it (epsilon 1e-5, PyTorch's).
Taps normalised(Taps taps, const Scope& scope);
/// `first` with the 1 x 1 convolution `second` behind it, in one: for where nothing is between.
Taps composed(const Taps& first, const Taps& second);
/// The part of each tap that reads `count` input channels from `begin` on; the bias stays.
Taps inputs_of(const Taps& taps, int64_t begin, int64_t count);

/// The matrix product of one tap; without the bias it adds nothing of its own.
Linear linear_of(const Taps& taps, size_t tap, bool with_bias, kernel::Epilogue epilogue,
                 const Kernels& kernels, Arena& arena);

}  // namespace evax::engine
