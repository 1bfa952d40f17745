#pragma once

#include <vector>

#include "evax/engine/kernels/kernels.h"
#include "evax/engine/layers/scope.h"
#include "evax/engine/workspace.h"

namespace evax::engine {

/// Normalises rows to mean 0 and variance 1, then scales and shifts them (epsilon 1e-6, spec A.1).
class LayerNorm {
 public:
  /// `scope` holds weight and bias.
  LayerNorm(const Scope& scope, size_t width, const Kernels& kernels);

  /// From the float32 residual stream to activations.
  void stream(const Matrix& x, const Matrix& y, Rows rows) const;
  /// Activations in place.
  void hidden(const Matrix& x, Rows rows) const;

  const std::vector<float>& weight() const { return weight_; }

 private:
  kernel::LayerNormCall call(const Matrix& x, const Matrix& y, Rows rows) const;

  const kernel::LayerNormKernel* kernel_;
  std::vector<float> weight_, bias_;
};

}  // namespace evax::engine
