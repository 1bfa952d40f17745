#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evax/train/recipe/recipe.h"
#include "evax/weights/config.h"

namespace evax::train {

using NamedParameters = std::vector<std::pair<std::string, at::Tensor>>;

/// How one parameter is updated.
struct Group {
  double lr_scale = 1;
  double weight_decay = 0;
};

/// Layer-wise decay of EVA-X classification (spec C.2): id 0 cls_token, pos_embed, patch_embed.*;
/// id k+1 blocks.k.*; depth+1 the rest; scale = layer_decay^(depth+1-id). No weight decay for 1-D
/// parameters, pos_embed and cls_token.
Group layer_decay_group(const std::string& name, const at::Tensor& parameter, int depth,
                        double layer_decay, double weight_decay);

/// The groups of segmentation (spec D.6): of transformers those above with pos_embed and cls_token
/// decayed, pyramid and head being "the rest"; of U-Net scale 1 and decay for every parameter.
Group segmentation_group(const std::string& name, const at::Tensor& parameter,
                         const weights::ModelConfig& config, double layer_decay,
                         double weight_decay);

/// AdamW (decoupled decay) and SGD with momentum, in one fused call a group of equal rates. A
/// parameter without gradient is left as it is, weight decay included.
class Optimizer {
 public:
  static std::unique_ptr<Optimizer> make(const OptimRecipe& recipe, NamedParameters parameters,
                                         const std::vector<Group>& groups);
  virtual ~Optimizer() = default;

  /// One update with the parameters' .grad() at this learning rate.
  virtual void step(double lr) = 0;
  /// State by name ("exp_avg.blocks.0...."), the tensors themselves: what a checkpoint keeps and
  /// fills again.
  virtual NamedParameters state() = 0;
  virtual int64_t steps_done() const = 0;
  virtual void set_steps_done(int64_t steps) = 0;
};

/// Global L2 norm of the gradients, as a tensor on their device.
at::Tensor gradient_norm(const NamedParameters& parameters);
/// Scales the gradients by min(1, limit / (norm + 1e-6)), as torch's clip_grad_norm_.
void clip_gradients(const NamedParameters& parameters, const at::Tensor& norm, double limit);
/// Multiplies every gradient.
void scale_gradients(const NamedParameters& parameters, double factor);
/// Drops the gradients, so that the next backward stores instead of adds (zero_grad's default).
void zero_gradients(const NamedParameters& parameters);

}  // namespace evax::train
