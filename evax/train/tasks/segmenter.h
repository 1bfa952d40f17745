#pragma once

#include <memory>

#include "evax/nn/network.h"
#include "evax/train/loop/learner.h"
#include "evax/train/optim/precision.h"

namespace evax::train {

/// An encoder with a decoder, trained on masks: what `task = "segment"` gives the loop.
class Segmenter : public Learner {
 public:
  /// Moves the model to the device.
  Segmenter(std::shared_ptr<nn::Network> model, const Recipe& recipe, const at::Device& device,
            Precision precision);

  /// Those that learn: not the frozen first blocks.
  NamedParameters parameters() override;
  std::vector<Group> groups() override;
  NamedParameters buffers() override;
  LossSum loss(const data::Batch& batch, const data::Key& key) override;
  double full_count(size_t rows) const override;

  /// Normalised images [N, 3, S, S] -> float32 [N, C, S, S], without gradients, drop path and
  /// dropout. Computed in float32 whatever the training's precision, as `evax evaluate` does.
  Tensor logits(const Tensor& images);

  nn::Network& model() { return *model_; }
  Precision precision() const { return precision_; }

 private:
  std::shared_ptr<nn::Network> model_;
  const OptimRecipe optim_;
  const SegmentationLoss loss_;
  at::Device device_;
  Precision precision_;
};

}  // namespace evax::train
