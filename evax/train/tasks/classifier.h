#pragma once

#include <memory>

#include "evax/nn/network.h"
#include "evax/train/loop/learner.h"
#include "evax/train/optim/precision.h"

namespace evax::train {

/// EVA-X or a baseline with a head, trained on findings: what `task = "classify"` gives the loop.
class Classifier : public Learner {
 public:
  /// Moves the model to the device.
  Classifier(std::shared_ptr<nn::Network> model, const Recipe& recipe, weights::Task task,
             const at::Device& device, Precision precision);

  NamedParameters parameters() override;
  std::vector<Group> groups() override;
  NamedParameters buffers() override;
  LossSum loss(const data::Batch& batch, const data::Key& key) override;
  double full_count(size_t rows) const override;

  /// The logits of a batch, float32 [N, classes] on the CPU, without gradients or drop path.
  /// Computed in float32 whatever the training's precision, as `evax evaluate` does.
  at::Tensor logits(const data::Batch& batch);

  nn::Network& model() { return *model_; }
  weights::Task task() const { return task_; }
  Precision precision() const { return precision_; }
  const OptimRecipe& optim() const { return optim_; }

 private:
  std::shared_ptr<nn::Network> model_;
  const OptimRecipe optim_;
  weights::Task task_;
  at::Device device_;
  Precision precision_;
};

}  // namespace evax::train
