#pragma once

#include <memory>
#include <vector>

#include "evax/nn/network.h"

namespace evax::nn {

class Block;
class PatchEmbed;
struct LayerNorm;

/// The vision transformer for training: EVA-X (arXiv 2405.05237; spec A), or the plain ViT with
/// full qkv bias, GELU and no rotary embedding (arXiv 2010.11929). N images, G = grid, D = width.
/// Parameters have timm's names.
class VisionTransformer : public Network {
 public:
  explicit VisionTransformer(const weights::ModelConfig& config,
                             const NetworkOptions& options = {});

  at::Tensor features(const at::Tensor& images, const at::Tensor& keep = {}) override;
  /// Output of the last block, [N, 1 + G^2, D], cls first; or at `rows` of the N * (1 + G^2) alone,
  /// int64 [M] -> [M, D], which saves the last block half of its work for the others.
  at::Tensor tokens(const at::Tensor& images, const at::Tensor& keep = {},
                    const at::Tensor& rows = {});
  /// The final norm of any rows of tokens, [..., D], in float32 at least; a network with a decoder
  /// has none.
  at::Tensor normalised(const at::Tensor& rows) const;
  /// fc_norm(mean of the patch tokens), or norm(cls token) for pool "token": [N, D].
  at::Tensor pooled(const at::Tensor& tokens);

 protected:
  /// The patch embedding, [N, G^2, D].
  at::Tensor embed_patches(const at::Tensor& images) const;
  /// Patches with cls token and position embedding through all blocks: tokens().
  at::Tensor encode(const at::Tensor& patches, const at::Tensor& keep,
                    const at::Tensor& rows) const;

 private:
  void freeze_blocks();
  at::Tensor run_block(size_t index, const at::Tensor& x, const at::Tensor& keep,
                       const at::Tensor& rows) const;

  at::Tensor cls_token_, pos_embed_;
  at::Tensor rotary_table_;  // a buffer: it follows the model to a device but is not saved
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<LayerNorm> norm_;  // null with a decoder
};

/// The rows among all tokens of a batch, `tokens` an image, of patches among all its patches.
at::Tensor token_rows(const at::Tensor& patches, int64_t tokens);

}  // namespace evax::nn
