#pragma once

#include <cstddef>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/engine/kernels/kernels.h"
#include "evax/engine/memory.h"
#include "evax/engine/workspace.h"

namespace evax::engine {

/// The output columns of a linear layer, gathered from one or more tensors before packing.
class Columns {
 public:
  explicit Columns(size_t inputs) : inputs_(inputs) {}
  /// weight: float32 [n, inputs]; bias: float32 [n], or no elements for zeros.
  void append(const Tensor& weight, const Tensor& bias);
  /// They run in 8 bits, to which their weights have been rounded.
  void quantize() { quantized_ = true; }

  size_t inputs() const { return inputs_; }
  bool quantized() const { return quantized_; }
  size_t count() const { return weights_.size(); }
  /// The columns reordered: entry i of the result is column order[i], or zeros past the last one.
  void select(const std::vector<size_t>& order);
  /// For y W, the backward pass of x Wᵀ: inputs() columns of count() weights each.
  Columns transposed() const;

  const std::vector<const float*>& weights() const { return weights_; }
  const std::vector<float>& bias() const { return bias_; }

 private:
  size_t inputs_;
  std::vector<Tensor> owners_;
  std::vector<const float*> weights_;
  std::vector<float> bias_;
  bool quantized_ = false;
};

/// x Wᵀ + b and its epilogue, with the weights packed for this CPU.
class Linear {
 public:
  /// For swiglu, `columns` holds all gates, then as many values.
  Linear(Columns columns, kernel::Epilogue epilogue, const Kernels& kernels, Arena& arena);

  void operator()(const Matrix& x, const Matrix& y, Rows rows) const;

  /// Columns written: with the padding to whole panels.
  size_t outputs() const;

 private:
  const kernel::Gemm* gemm_;
  kernel::Epilogue epilogue_;
  size_t columns_, inputs_;
  const void* weights_;
  const float* bias_;
};

}  // namespace evax::engine
