#include "evax/engine/layers/mlp.h"

namespace evax::engine {

Columns fc1_columns(const Scope& scope, const weights::ModelConfig& config) {
  const int64_t width = config.embed_dim;
  const int64_t hidden = config.mlp_hidden;
  Columns columns(static_cast<size_t>(width));
  const auto append = [&](const Scope& layer, int64_t rows) {
    columns.append(layer.get("weight", {rows, width}), layer.get("bias", {rows}));
  };
  if (!config.swiglu()) {
    append(scope / "fc1", hidden);
  } else if (scope.has("fc1.weight")) {
    append(scope / "fc1", 2 * hidden);
  } else {
    append(scope / "fc1_g", hidden);
    append(scope / "fc1_x", hidden);
  }
  if (scope.is_quantized("fc1") || scope.is_quantized("fc1_g")) columns.quantize();
  return columns;
}

Columns fc2_columns(const Scope& scope, const weights::ModelConfig& config) {
  const int64_t width = config.embed_dim;
  const int64_t hidden = config.mlp_hidden;
  Columns columns(static_cast<size_t>(hidden));
  columns.append(scope.get("fc2.weight", {width, hidden}), scope.get("fc2.bias", {width}));
  if (scope.is_quantized("fc2")) columns.quantize();
  return columns;
}

Mlp::Mlp(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
         Arena& arena)
    : fc1_(fc1_columns(scope, config),
           config.swiglu() ? kernel::Epilogue::swiglu : kernel::Epilogue::gelu, kernels, arena),
      fc2_(fc2_columns(scope, config), kernel::Epilogue::add, kernels, arena) {
  if (config.sub_ln) norm_.emplace(scope / "norm", static_cast<size_t>(config.mlp_hidden), kernels);
}

void Mlp::operator()(Workspace& workspace, const Part& part) const {
  fc1_(workspace.y, workspace.hidden, part.rows);
  part.book(Stage::matmul);
  if (norm_) {
    norm_->hidden(workspace.hidden, part.rows);
    part.book(Stage::layer_norm);
  }
  fc2_(workspace.hidden, workspace.x, part.rows);
  part.book(Stage::matmul);
}

}  // namespace evax::engine
