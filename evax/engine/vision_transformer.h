#pragma once

#include <optional>
#include <span>
#include <vector>

#include "evax/engine/decoder/uper_net.h"
#include "evax/engine/layers/block.h"
#include "evax/engine/layers/head.h"
#include "evax/engine/layers/patch_embed.h"
#include "evax/engine/team.h"

namespace evax::engine {

/// Where one image's results go; null: not requested. Shapes as in Outputs, without N.
struct ImageOutputs {
  float* logits = nullptr;
  float* features = nullptr;
  float* tokens = nullptr;
  /// Rows whose tokens are requested, ascending; without it, those of all.
  std::optional<std::span<const uint32_t>> rows;
};

/// A vision transformer: EVA-X (arXiv 2405.05237; spec A.1 to A.4), or the plain ViT with full qkv
/// bias, GELU and no rotary embedding (Dosovitskiy et al., arXiv 2010.11929; timm's
/// VisionTransformer), with a classifier or UPerNet on its tokens. Immutable once built.
class VisionTransformer {
 public:
  /// Packs the weights on `threads` threads.
  VisionTransformer(const weights::ModelFile& file, const Kernels& kernels, size_t threads);

  /// For `images` that go through together, on `members` threads that share them.
  Workspace make_workspace(size_t members, size_t images) const;
  size_t scratch_bytes() const;
  /// Memory of the packed weights.
  size_t bytes() const { return arena_.bytes(); }
  Rows all_rows(size_t images = 1) const {
    return {0, images * static_cast<size_t>(config_.tokens())};
  }

  /// Runs part of some images, as many as `outputs` has: float32 [3, size, size] each. Every member
  /// of `team` calls it, their rows cover the images; null: this thread has all rows. Every part
  /// writes its tokens, the part with an image's row 0 features and logits. Outputs of some rows
  /// alone, and a decoder's, are for one image.
  void operator()(const float* images, Workspace& workspace, const Part& part, Team* team,
                  std::span<const ImageOutputs> outputs) const;

  /// Runs part of some images as far as entering block `index`: its input is in workspace.x.
  void enter(size_t index, const float* images, Workspace& workspace, const Part& part,
             Team* team) const;
  /// The halves of a block; after the first, queries, keys and values of all rows are there.
  void begin(size_t index, Workspace& workspace, const Part& part, Team* team) const;
  void finish(size_t index, Workspace& workspace, const Part& part) const;
  /// Between the two: a head's softmax(q kᵀ / 8) for some rows, float32 [rows, tokens] in rows of
  /// `stride`.
  void attention(size_t index, Workspace& workspace, size_t head, Rows rows, void* scratch,
                 float* out, size_t stride) const;

 private:
  // Moves the requested rows among a part's own to its front; where they lie now.
  Rows gather(Workspace& workspace, Rows own, std::span<const uint32_t> rows) const;
  // `own`: rows of the image, whose tokens are x.
  void write_tokens(const Matrix& x, Rows own, const ImageOutputs& outputs) const;

  weights::ModelConfig config_;
  Kernels kernels_;
  Arena arena_;
  PatchEmbed patch_embed_;
  RotaryEmbedding rope_;
  std::vector<Block> blocks_;
  std::optional<Head> head_;
  std::optional<UperNet> decoder_;
};

}  // namespace evax::engine
