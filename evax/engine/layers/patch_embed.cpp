#include "evax/engine/layers/patch_embed.h"

#include <algorithm>

namespace evax::engine {
namespace {

Linear projection(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
                  Arena& arena) {
  const int64_t width = config.embed_dim;
  const int64_t patch = config.patch_size;
  Columns columns(static_cast<size_t>(3 * patch * patch));
  columns.append(scope.get("weight", {width, 3, patch, patch}), scope.get("bias", {width}));
  return {std::move(columns), kernel::Epilogue::add, kernels, arena};
}

std::vector<float> initial_tokens(const Scope& model, const weights::ModelConfig& config) {
  const int64_t width = config.embed_dim;
  const Tensor positions = model.get("pos_embed", {1, config.tokens(), width});
  const Tensor cls = model.get("cls_token", {1, 1, width});
  std::vector<float> tokens(positions.floats().begin(), positions.floats().end());
  std::transform(cls.floats().begin(), cls.floats().end(), tokens.begin(), tokens.begin(),
                 std::plus<>());
  return tokens;
}

}  // namespace

PatchEmbed::PatchEmbed(const Scope& model, const weights::ModelConfig& config,
                       const Kernels& kernels, Arena& arena)
    : image_(static_cast<size_t>(config.image_size)),
      patch_(static_cast<size_t>(config.patch_size)),
      grid_(static_cast<size_t>(config.grid())),
      width_(static_cast<size_t>(config.embed_dim)),
      from_floats_(kernels.from_floats),
      projection_(projection(model / "patch_embed" / "proj", config, kernels, arena)),
      initial_(initial_tokens(model, config)) {}

void PatchEmbed::gather(const float* image, size_t patch, const Matrix& patches) const {
  const size_t top = patch / grid_ * patch_;
  const size_t left = patch % grid_ * patch_;
  auto* out = static_cast<std::byte*>(patches.row(patch));
  for (size_t channel = 0; channel < 3; ++channel)
    for (size_t y = 0; y < patch_; ++y, out += patch_ * patches.element)
      from_floats_(image + (channel * image_ + top + y) * image_ + left, out, patch_);
}

void PatchEmbed::operator()(const float* image, const Matrix& patches, const Matrix& x,
                            Rows rows) const {
  if (rows.count() == 0) return;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    const float* initial = initial_.data() + row * width_;
    std::copy(initial, initial + width_, static_cast<float*>(x.row(row)));
  }
  const Rows patch_rows{std::max<size_t>(rows.begin, 1) - 1, rows.end - 1};
  for (size_t patch = patch_rows.begin; patch < patch_rows.end; ++patch)
    gather(image, patch, patches);
  const Matrix after_cls{static_cast<std::byte*>(x.row(1)), x.stride, x.element};
  projection_(patches, after_cls, patch_rows);
}

}  // namespace evax::engine
