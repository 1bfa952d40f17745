#include "evax/engine/layers/attention.h"

namespace evax::engine {

// Only a plain ViT's keys have a bias.
Columns qkv_columns(const Scope& scope, const weights::ModelConfig& config) {
  const int64_t width = config.embed_dim;
  const Tensor no_bias(DType::f32, {0});
  Columns columns(static_cast<size_t>(width));
  if (scope.has("qkv.bias")) {
    columns.append(scope.get("qkv.weight", {3 * width, width}), scope.get("qkv.bias", {3 * width}));
  } else if (config.qkv_split) {
    columns.append(scope.get("q_proj.weight", {width, width}), scope.get("q_proj.bias", {width}));
    columns.append(scope.get("k_proj.weight", {width, width}), no_bias);
    columns.append(scope.get("v_proj.weight", {width, width}), scope.get("v_proj.bias", {width}));
  } else {
    Tensor bias(DType::f32, {3 * width});
    const auto values = bias.mutable_floats();
    const Tensor q = scope.get("q_bias", {width});
    const Tensor v = scope.get("v_bias", {width});
    std::copy(q.floats().begin(), q.floats().end(), values.begin());
    std::copy(v.floats().begin(), v.floats().end(), values.begin() + 2 * width);
    columns.append(scope.get("qkv.weight", {3 * width, width}), bias);
  }
  if (scope.is_quantized(config.qkv_split ? "q_proj" : "qkv")) columns.quantize();
  return columns;
}

Columns proj_columns(const Scope& scope, const weights::ModelConfig& config) {
  const int64_t width = config.embed_dim;
  Columns columns(static_cast<size_t>(width));
  columns.append(scope.get("proj.weight", {width, width}), scope.get("proj.bias", {width}));
  if (scope.is_quantized("proj")) columns.quantize();
  return columns;
}

Attention::Attention(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
                     Arena& arena)
    : kernel_(kernels.attention),
      tokens_(static_cast<size_t>(config.tokens())),
      heads_(static_cast<size_t>(config.num_heads)),
      qkv_(qkv_columns(scope, config), kernel::Epilogue::store, kernels, arena),
      proj_(proj_columns(scope, config), kernel::Epilogue::add, kernels, arena) {
  if (config.attn_norm())
    norm_.emplace(scope / "norm", static_cast<size_t>(config.embed_dim), kernels);
}

kernel::AttentionCall Attention::call(Workspace& workspace, const RotaryEmbedding& rope,
                                      size_t block, size_t image) const {
  const Matrix qkv = workspace.qkv.from(image * tokens_);
  const Matrix y = workspace.y.from(image * tokens_);
  return {qkv.data, qkv.stride, rope.cos(), rope.sin(), workspace.packed_attention(block, image),
          y.data,   y.stride,   tokens_,    heads_};
}

void Attention::project(Workspace& workspace, const RotaryEmbedding& rope, size_t block,
                        const Part& part) const {
  qkv_(workspace.y, workspace.qkv, part.rows);
  part.book(Stage::matmul);
  for_each_image(part.rows, tokens_, [&](size_t image, Rows rows) {
    kernel_->pack(call(workspace, rope, block, image), rows.begin, rows.end);
  });
  part.book(Stage::attention);
}

void Attention::attend(Workspace& workspace, const RotaryEmbedding& rope, size_t block,
                       const Part& part) const {
  for_each_image(part.rows, tokens_, [&](size_t image, Rows rows) {
    kernel_->attend(call(workspace, rope, block, image), rows.begin, rows.end, part.scratch);
  });
  part.book(Stage::attention);
  if (norm_) {
    norm_->hidden(workspace.y, part.rows);
    part.book(Stage::layer_norm);
  }
  proj_(workspace.y, workspace.x, part.rows);
  part.book(Stage::matmul);
}

void Attention::weights(Workspace& workspace, const RotaryEmbedding& rope, size_t block,
                        size_t head, Rows rows, void* scratch, float* out, size_t stride) const {
  kernel_->weights(call(workspace, rope, block, 0), head, rows.begin, rows.end, scratch, out,
                   stride);
}

}  // namespace evax::engine
