#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "evax/weights/model_file.h"

namespace evax::nn {

/// What becomes of the patch embedding's gradient: nothing is done, it is cut (classification's
/// stop_grad_conv1, spec A.2), or it is scaled by 0.1 (pre-training's .9/.1 mix, spec B.3).
enum class StopGradient { none, detach, mix };

struct EvaXOptions {
  double drop_path = 0;            // rate of the last block; linspace(0, rate, depth) (spec A.2)
  bool checkpoint_blocks = false;  // recompute activations of a block in backward: less memory
  StopGradient stop_grad_conv1 = StopGradient::none;
};

class Block;
class PatchEmbed;
struct LayerNorm;
struct Linear;

/// The EVA-X vision transformer for training (arXiv 2405.05237; spec A). N images, G = grid, D =
/// width. Parameters are named and shaped as weights::parameters_of(config) says: timm's layout.
class EvaX : public torch::nn::Module {
 public:
  explicit EvaX(const weights::ModelConfig& config, const EvaXOptions& options = {});

  /// images [N, 3, S, S], normalised -> logits [N, num_classes]; features without a head.
  /// keep: undefined, or [N, 2 * depth]: the factor of every residual branch of every image, which
  /// is 0 where drop path cut it and 1 / (1 - rate) elsewhere (drop_path_factors).
  at::Tensor forward(const at::Tensor& images, const at::Tensor& keep = {});
  /// Output of the last block, [N, 1 + G^2, D], cls first.
  at::Tensor tokens(const at::Tensor& images, const at::Tensor& keep = {});
  /// fc_norm(mean of the patch tokens), [N, D].
  at::Tensor features(const at::Tensor& tokens);

  const weights::ModelConfig& config() const { return config_; }
  const EvaXOptions& options() const { return options_; }

 private:
  at::Tensor embed(const at::Tensor& images) const;
  at::Tensor run_block(size_t index, const at::Tensor& x, const at::Tensor& keep) const;

  weights::ModelConfig config_;
  EvaXOptions options_;
  at::Tensor cls_token_, pos_embed_;
  at::Tensor rotary_table_;  // a buffer: it follows the model to a device but is not saved
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<LayerNorm> fc_norm_;
  std::shared_ptr<Linear> head_;  // null without classes
};

/// Factors for the samples of a batch, float32 [N, 2 * depth], keyed by (seed, epoch, sample,
/// Draw::drop_path), so that neither rank nor batch changes them.
at::Tensor drop_path_factors(const EvaXOptions& options, int depth, uint64_t seed, uint32_t epoch,
                             const std::vector<uint32_t>& samples);

/// Fresh weights of spec A.5 (the classification constructor), keyed by (seed, parameter name).
void initialise(EvaX& model, uint64_t seed);
/// The head alone, as in initialise.
void initialise_head(EvaX& model, uint64_t seed);

/// Copies the file's parameters into the model; names and shapes are those of the model's
/// configuration but for the head, which is left alone when the file's has another class count, and
/// mask_token and lm_head.*, which are not copied. Throws Error.
void load(EvaX& model, const weights::ModelFile& file);
/// The model's parameters as a file holds them, float32, on the CPU.
weights::TensorMap parameters_of(const EvaX& model);

}  // namespace evax::nn
