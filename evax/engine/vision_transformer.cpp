#include "evax/engine/vision_transformer.h"

#include <algorithm>
#include <cstring>

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/engine/model.h"

namespace evax::engine {
namespace {

// What the kernels rely on; a model file has been checked, a ModelFile made in memory has not.
const weights::ModelConfig& checked(const weights::ModelConfig& config) {
  const auto head = static_cast<int>(kernel::head_dim);
  if (!config.is_transformer())
    fail("the engine runs vision transformers, found arch '{}' (evax-train runs it)", config.arch);
  if (!runs(config))
    fail("the model: expected heads of {} channels, found {} channels in {} heads", head,
         config.embed_dim, config.num_heads);
  if (config.depth < 1 || config.mlp_hidden < 1 || config.patch_size < 1 || config.grid() < 1)
    fail("the model: depth, mlp_hidden, patch_size and image_size / patch_size must be positive");
  return config;
}

// Which of the ascending `rows` lie within `own`.
Rows positions(std::span<const uint32_t> rows, Rows own) {
  const auto at = [&](size_t row) {
    return static_cast<size_t>(std::lower_bound(rows.begin(), rows.end(), row) - rows.begin());
  };
  return {at(own.begin), at(own.end)};
}

}  // namespace

bool runs(const weights::ModelConfig& config) {
  return config.is_transformer() && config.num_heads > 0 &&
         config.embed_dim == static_cast<int>(kernel::head_dim) * config.num_heads;
}

VisionTransformer::VisionTransformer(const weights::ModelFile& file, const Kernels& kernels,
                                     size_t threads)
    : config_(checked(file.metadata.model)),
      kernels_(kernels),
      patch_embed_(Scope(file), config_, kernels_, arena_),
      rope_(config_) {
  const Scope model(file);
  const auto depth = static_cast<size_t>(config_.depth);
  std::vector<std::optional<Block>> blocks(depth);
  ThreadPool(std::min(threads, depth)).parallel_for(depth, [&](size_t i, size_t /*worker*/) {
    blocks[i].emplace(model / fmt::format("blocks.{}", i), config_, kernels_, arena_);
  });
  blocks_.reserve(depth);
  for (auto& block : blocks) blocks_.push_back(std::move(*block));
  if (config_.decoder)
    decoder_.emplace(model, config_, kernels_, arena_);
  else if (model.has(fmt::format("{}.weight", final_norm_name(config_))))
    head_.emplace(model, config_, arena_);
}

Workspace VisionTransformer::make_workspace(size_t members, size_t images) const {
  const auto tokens = static_cast<size_t>(config_.tokens());
  // Panels of 8-bit layers may have another width than those of the others.
  size_t hidden = 0;
  for (const Block& block : blocks_) hidden = std::max(hidden, block.padded_hidden());
  Workspace workspace({.images = images,
                       .tokens = tokens,
                       .width = static_cast<size_t>(config_.embed_dim),
                       .patch = static_cast<size_t>(3 * config_.patch_size * config_.patch_size),
                       .hidden = hidden,
                       .classes = head_ ? head_->padded_classes() : 0,
                       .element = kernels_.element,
                       .packed_attention = kernels_.attention->packed_bytes(
                           tokens, static_cast<size_t>(config_.num_heads))},
                      members > 1 ? 2 : 1);
  if (decoder_) workspace.decoder = std::make_shared<UperMemory>(decoder_->make_memory());
  return workspace;
}

size_t VisionTransformer::scratch_bytes() const {
  return std::max(kernels_.attention->scratch_bytes(static_cast<size_t>(config_.tokens())),
                  decoder_ ? decoder_->scratch_bytes() : 0);
}

void VisionTransformer::operator()(const float* images, Workspace& workspace, const Part& part,
                                   Team* team, std::span<const ImageOutputs> outputs) const {
  const auto& some = outputs.front().rows;
  if (some && some->empty()) return;
  const auto tokens = static_cast<size_t>(config_.tokens());
  const size_t last = blocks_.size() - 1;
  enter(last, images, workspace, part, team);
  begin(last, workspace, part, team);
  Part rest = part;
  if (some) rest.rows = gather(workspace, part.rows, *some);
  finish(last, workspace, rest);
  const auto of_each = [&](const auto& f) {
    for_each_image(part.rows, tokens, [&](size_t image, Rows rows) {
      f(workspace.x.from(image * tokens), rows, outputs[image]);
    });
  };
  of_each([&](const Matrix& x, Rows rows, const ImageOutputs& of_image) {
    write_tokens(x, rows, of_image);
  });
  if (team != nullptr) team->barrier();
  of_each([&](const Matrix& x, Rows rows, const ImageOutputs& of_image) {
    const bool wanted = of_image.features != nullptr || of_image.logits != nullptr;
    if (head_ && wanted && rows.begin == 0)
      (*head_)(x, workspace, of_image.features, of_image.logits);
  });
  part.book(Stage::head);
  if (decoder_ && outputs.front().logits != nullptr)
    (*decoder_)(workspace.x, workspace.y, *workspace.decoder, part, team, outputs.front().logits);
}

void VisionTransformer::enter(size_t index, const float* images, Workspace& workspace,
                              const Part& part, Team* team) const {
  if (part.profile != nullptr) part.profile->start();
  const auto tokens = static_cast<size_t>(config_.tokens());
  const auto pixels = 3 * static_cast<size_t>(config_.image_size) * config_.image_size;
  for_each_image(part.rows, tokens, [&](size_t image, Rows rows) {
    patch_embed_(images + image * pixels, workspace.patches.from(image * tokens),
                 workspace.x.from(image * tokens), rows);
  });
  part.book(Stage::embed);
  for (size_t i = 0; i < index; ++i) {
    begin(i, workspace, part, team);
    finish(i, workspace, part);
  }
}

void VisionTransformer::begin(size_t index, Workspace& workspace, const Part& part,
                              Team* team) const {
  blocks_[index].begin(workspace, rope_, index, part);
  if (team != nullptr) team->barrier();
}

void VisionTransformer::finish(size_t index, Workspace& workspace, const Part& part) const {
  blocks_[index].finish(workspace, rope_, index, part);
}

void VisionTransformer::attention(size_t index, Workspace& workspace, size_t head, Rows rows,
                                  void* scratch, float* out, size_t stride) const {
  blocks_[index].attention().weights(workspace, rope_, index, head, rows, scratch, out, stride);
}

// What is left of the last block is row by row, and nobody will read the other rows.
Rows VisionTransformer::gather(Workspace& workspace, Rows own,
                               std::span<const uint32_t> rows) const {
  const auto width = static_cast<size_t>(config_.embed_dim);
  const Rows wanted = positions(rows, own);
  for (const Matrix& matrix : {workspace.x, workspace.qkv})
    for (size_t i = 0; i < wanted.count(); ++i)
      std::memmove(matrix.row(own.begin + i), matrix.row(rows[wanted.begin + i]),
                   width * matrix.element);
  return {own.begin, own.begin + wanted.count()};
}

void VisionTransformer::write_tokens(const Matrix& x, Rows own, const ImageOutputs& outputs) const {
  if (outputs.tokens == nullptr) return;
  const auto width = static_cast<size_t>(config_.embed_dim);
  const Rows wanted = outputs.rows ? positions(*outputs.rows, own) : own;
  for (size_t i = 0; i < wanted.count(); ++i)
    std::copy_n(static_cast<const float*>(x.row(own.begin + i)), width,
                outputs.tokens + (wanted.begin + i) * width);
}

}  // namespace evax::engine
