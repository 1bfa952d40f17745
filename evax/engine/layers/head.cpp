#include "evax/engine/layers/head.h"

#include <algorithm>

namespace evax::engine {
namespace {

void mean_of_patches(const Matrix& x, size_t tokens, size_t width, float* mean) {
  std::fill_n(mean, width, 0.0F);
  for (size_t token = 1; token < tokens; ++token) {
    const auto* row = static_cast<const float*>(x.row(token));
    for (size_t c = 0; c < width; ++c) mean[c] += row[c];
  }
  for (size_t c = 0; c < width; ++c) mean[c] /= static_cast<float>(tokens - 1);
}

}  // namespace

Head::Head(const Scope& model, const weights::ModelConfig& config, Arena& arena)
    : tokens_(static_cast<size_t>(config.tokens())),
      width_(static_cast<size_t>(config.embed_dim)),
      classes_(static_cast<size_t>(config.num_classes)),
      mean_(config.pool == "avg"),
      norm_(model / final_norm_name(config), width_, select_kernels(Precision::fp32)) {
  if (classes_ == 0) return;
  const int64_t width = config.embed_dim;
  const int64_t classes = config.num_classes;
  Columns columns(width_);
  columns.append(model.get("head.weight", {classes, width}), model.get("head.bias", {classes}));
  linear_.emplace(std::move(columns), kernel::Epilogue::store, select_kernels(Precision::fp32),
                  arena);
}

void Head::operator()(const Matrix& x, const Workspace& workspace, float* features,
                      float* logits) const {
  const Matrix& pooled = workspace.pooled;
  auto* values = static_cast<float*>(pooled.row(0));
  if (mean_)
    mean_of_patches(x, tokens_, width_, values);
  else
    std::copy_n(static_cast<const float*>(x.row(0)), width_, values);
  norm_.hidden(pooled, {0, 1});
  if (features != nullptr) std::copy_n(values, width_, features);
  if (logits == nullptr || !linear_) return;
  (*linear_)(pooled, workspace.logits, {0, 1});
  std::copy_n(static_cast<const float*>(workspace.logits.row(0)), classes_, logits);
}

}  // namespace evax::engine
