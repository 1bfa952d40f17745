#include "evax/engine/explain/grad_cam.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evax/engine/explain/layer_norm_gradient.h"
#include "evax/engine/layers/mlp.h"

namespace evax::engine {
namespace {

std::string last_block(const weights::ModelConfig& config) {
  return fmt::format("blocks.{}", config.depth - 1);
}

Columns head_columns(const Scope& model, const weights::ModelConfig& config) {
  Columns columns(static_cast<size_t>(config.embed_dim));
  columns.append(model.get("head.weight", {config.num_classes, config.embed_dim}),
                 model.get("head.bias", {config.num_classes}));
  return columns;
}

// The rows [begin, end) of a matrix summed, times `scale`.
void sum_rows(const Matrix& matrix, Rows rows, float scale, size_t width, float* sum) {
  std::fill_n(sum, width, 0.0F);
  for (size_t row = rows.begin; row < rows.end; ++row)
    for (size_t c = 0; c < width; ++c) sum[c] += floats(matrix, row)[c];
  for (size_t c = 0; c < width; ++c) sum[c] *= scale;
}

// y W for the W whose columns of x Wᵀ these are.
void times_rows(const float* y, const Columns& columns, float* result) {
  std::fill_n(result, columns.inputs(), 0.0F);
  for (size_t row = 0; row < columns.count(); ++row)
    for (size_t i = 0; i < columns.inputs(); ++i) result[i] += y[row] * columns.weights()[row][i];
}

}  // namespace

weights::ModelFile last_layers(const weights::ModelFile& file) {
  const std::string block = last_block(file.metadata.model) + ".";
  weights::ModelFile last{file.metadata, {}};
  last.metadata.quantization.reset();  // here all weights run as the float32 that they are
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(block) || name.starts_with("head.") || name.starts_with("norm.") ||
        name.starts_with("fc_norm."))
      last.tensors[name] = tensor;
  return last;
}

GradCam::GradCam(const weights::ModelFile& file)
    : config_(file.metadata.model),
      tokens_(static_cast<size_t>(config_.tokens())),
      width_(static_cast<size_t>(config_.embed_dim)),
      hidden_(static_cast<size_t>(config_.mlp_hidden)),
      kernels_(select_kernels(Precision::fp32)),
      rope_(config_),
      norm1_(Scope(file) / last_block(config_) / "norm1", width_, kernels_),
      attention_(Scope(file) / last_block(config_) / "attn", config_, kernels_, arena_),
      norm2_(Scope(file) / last_block(config_) / "norm2", width_, kernels_),
      mlp_(Scope(file) / last_block(config_) / "mlp", config_, kernels_, arena_),
      qkv_(qkv_columns(Scope(file) / last_block(config_) / "attn", config_)),
      fc2_(fc2_columns(Scope(file) / last_block(config_) / "mlp", config_)),
      head_(head_columns(Scope(file), config_)),
      proj_back_(proj_columns(Scope(file) / last_block(config_) / "attn", config_).transposed(),
                 kernel::Epilogue::store, kernels_, arena_),
      to_stream_(fc2_, kernel::Epilogue::add, kernels_, arena_),
      to_logits_(head_, kernel::Epilogue::store, kernels_, arena_),
      final_norm_(Scope(file) / final_norm_name(config_), width_, kernels_) {}

GradCam::Memory::Memory(const GradCam& cam)
    : workspace({.images = 1,
                 .tokens = cam.tokens_,
                 .width = cam.width_,
                 .patch = 0,
                 .hidden = 0,
                 .classes = 0,
                 .element = sizeof(float),
                 .packed_attention = cam.kernels_.attention->packed_bytes(
                     cam.tokens_, static_cast<size_t>(cam.config_.num_heads))},
                1),
      attention(cam.config_, cam.kernels_, cam.rope_),
      mlp(cam.mlp_.make_memory(cam.tokens_, arena)),
      activations(take_matrix(arena, cam.tokens_, cam.width_)),
      d_stream(take_matrix(arena, cam.tokens_, cam.width_)),
      d_attention(take_matrix(arena, cam.tokens_, cam.width_)),
      sums(take_matrix(arena, cam.tokens_, 3 * cam.width_)),
      means(3 * cam.width_),
      pooled(take_matrix(arena, 1, cam.width_)),
      features(take_matrix(arena, 1, cam.width_)),
      d_pooled(take_matrix(arena, 1, cam.width_)),
      weights(take_matrix(arena, 1, cam.width_)),
      hidden(take_matrix(arena, 1, cam.hidden_)),
      d_hidden(take_matrix(arena, 1, cam.hidden_)),
      logits(take_matrix(arena, 1, cam.to_logits_.outputs())) {}

Rows GradCam::pooled(Rows rows) const {
  if (config_.pool == "avg")
    return {std::max<size_t>(rows.begin, 1), std::max<size_t>(rows.end, 1)};
  return {std::min<size_t>(rows.begin, 1), std::min<size_t>(rows.end, 1)};
}

void GradCam::operator()(const Matrix& x, Memory& memory, const Scratch& scratch,
                         const Share& share, std::span<const int> classes,
                         const CamOutputs& outputs) const {
  begin(x, memory, share.rows);
  share.wait();  // for the keys and values of all rows
  for (size_t head = share.member; head < static_cast<size_t>(config_.num_heads);
       head += share.members())
    memory.attention.prepare(memory.workspace.qkv, head);
  finish(memory, scratch, pooled(share.rows));
  share.wait();
  if (share.leads()) classify(memory);
  const float* logits = floats(memory.logits, 0);
  for (size_t i = 0; i < classes.size(); ++i) {
    if (share.leads()) {
      const auto top = std::max_element(logits, logits + config_.num_classes) - logits;
      start_class(memory, static_cast<size_t>(classes[i] == top_class ? top : classes[i]));
    }
    share.wait();
    propagate(memory, scratch, pooled(share.rows));
    share.wait();
    if (share.leads())
      write_map(memory, outputs.raw == nullptr ? nullptr : outputs.raw + i * (tokens_ - 1),
                outputs.weights == nullptr ? nullptr : outputs.weights + i * width_);
  }
  if (share.leads() && outputs.logits != nullptr)
    std::copy_n(logits, config_.num_classes, outputs.logits);
}

void GradCam::begin(const Matrix& x, Memory& memory, Rows rows) const {
  Workspace& workspace = memory.workspace;
  for (size_t row = rows.begin; row < rows.end; ++row)
    std::copy_n(floats(x, row), width_, floats(workspace.x, row));
  norm1_.stream(workspace.x, workspace.y, rows);
  for (size_t row = rows.begin; row < rows.end; ++row)
    std::copy_n(floats(workspace.y, row), width_, floats(memory.activations, row));
  attention_.project(workspace, rope_, 0, {.rows = rows});
}

void GradCam::finish(Memory& memory, const Scratch& scratch, Rows rows) const {
  Workspace& workspace = memory.workspace;
  attention_.attend(workspace, rope_, 0, {.rows = rows, .scratch = scratch.attention});
  norm2_.stream(workspace.x, workspace.y, rows);
  mlp_.forward(workspace.y, memory.mlp, rows);
}

// fc2 is linear, so the mean of its results is its result for the mean.
void GradCam::classify(Memory& memory) const {
  const Rows all = pooled({0, tokens_});
  const float share = 1.0F / static_cast<float>(all.count());
  sum_rows(memory.workspace.x, all, share, width_, floats(memory.pooled, 0));
  sum_rows(memory.mlp.output, all, share, hidden_, floats(memory.hidden, 0));
  to_stream_(memory.hidden, memory.pooled, {0, 1});
  final_norm_.stream(memory.pooled, memory.features, {0, 1});
  to_logits_(memory.features, memory.logits, {0, 1});
}

// As far back as the pooled rows of the MLP's hidden activations, where all have one gradient.
void GradCam::start_class(Memory& memory, size_t index) const {
  float* d_pooled = floats(memory.d_pooled, 0);
  layer_norm_gradient(floats(memory.pooled, 0), final_norm_.weight().data(), head_.weights()[index],
                      width_, d_pooled);
  const auto count = static_cast<float>(pooled({0, tokens_}).count());
  for (size_t c = 0; c < width_; ++c) d_pooled[c] /= count;
  times_rows(d_pooled, fc2_, floats(memory.d_hidden, 0));
}

void GradCam::propagate(Memory& memory, const Scratch& scratch, Rows rows) const {
  mlp_.backward(floats(memory.d_hidden, 0), memory.mlp, memory.d_stream, rows);
  const float* d_pooled = floats(memory.d_pooled, 0);
  for (size_t row = rows.begin; row < rows.end; ++row) {
    float* gradient = floats(memory.d_stream, row);
    layer_norm_gradient(floats(memory.workspace.x, row), norm2_.weight().data(), gradient, width_,
                        gradient);
    for (size_t c = 0; c < width_; ++c) gradient[c] += d_pooled[c];
  }
  proj_back_(memory.d_stream, memory.d_attention, rows);
  memory.attention.backward(attention_, memory.workspace, memory.d_attention, rows, scratch,
                            memory.sums);
}

void GradCam::write_map(Memory& memory, float* raw, float* weights) const {
  std::vector<float>& means = memory.means;
  sum_rows(memory.sums, pooled({0, tokens_}), 1.0F / static_cast<float>(tokens_ - 1), means.size(),
           means.data());
  float* w = floats(memory.weights, 0);
  times_rows(means.data(), qkv_, w);
  if (weights != nullptr) std::copy_n(w, width_, weights);
  if (raw == nullptr) return;
  for (size_t patch = 0; patch + 1 < tokens_; ++patch)
    raw[patch] = std::inner_product(w, w + width_, floats(memory.activations, patch + 1), 0.0F);
}

}  // namespace evax::engine
