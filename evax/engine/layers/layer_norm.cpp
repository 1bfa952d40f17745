#include "evax/engine/layers/layer_norm.h"

namespace evax::engine {
namespace {

std::vector<float> values(const Scope& scope, std::string_view name, size_t width) {
  const Tensor tensor = scope.get(name, {static_cast<int64_t>(width)});
  return {tensor.floats().begin(), tensor.floats().end()};
}

}  // namespace

LayerNorm::LayerNorm(const Scope& scope, size_t width, const Kernels& kernels)
    : kernel_(kernels.layer_norm),
      weight_(values(scope, "weight", width)),
      bias_(values(scope, "bias", width)) {}

kernel::LayerNormCall LayerNorm::call(const Matrix& x, const Matrix& y, Rows rows) const {
  return {x.row(rows.begin), x.stride,     y.row(rows.begin), y.stride,
          weight_.data(),    bias_.data(), rows.count(),      weight_.size()};
}

void LayerNorm::stream(const Matrix& x, const Matrix& y, Rows rows) const {
  kernel_->stream(call(x, y, rows));
}

void LayerNorm::hidden(const Matrix& x, Rows rows) const { kernel_->hidden(call(x, x, rows)); }

}  // namespace evax::engine
