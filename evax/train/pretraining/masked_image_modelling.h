#pragma once

#include <memory>

#include "evax/nn/masked_vision_transformer.h"
#include "evax/train/loop/learner.h"
#include "evax/train/optim/precision.h"
#include "evax/train/pretraining/teacher.h"

namespace evax::train {

/// -cos(prediction, target) summed over the rows, in float32 (spec B.5), or with `pixels` the mean
/// squared error of every row; count = rows. [M, T] both.
LossSum masked_loss(const at::Tensor& predictions, const at::Tensor& targets, bool pixels);

/// The student and its teacher, pre-trained on images alone: what `task = "pretrain"` gives the
/// loop. The student sees an image with hidden patches and predicts the teacher's tokens there
/// (spec B).
class MaskedImageModelling : public Learner {
 public:
  /// Moves the student to the device.
  MaskedImageModelling(std::shared_ptr<nn::MaskedVisionTransformer> student,
                       std::unique_ptr<Teacher> teacher, const Recipe& recipe,
                       const at::Device& device, Precision precision);

  NamedParameters parameters() override;
  std::vector<Group> groups() override;
  LossSum loss(const data::Batch& batch, const data::Key& key) override;
  double full_count(size_t rows) const override;

  /// The loss with every second patch hidden (EVA-02's validation), without gradients or drop path;
  /// unreadable images do not count. The student is evaluated and probed in float32 whatever the
  /// training's precision.
  LossSum validation_loss(const data::Batch& batch);
  /// What the head of a classifier would see, float32 [N, D] on the CPU. `batch` may be without the
  /// teacher's views.
  at::Tensor features(const data::Batch& batch);

  /// A hidden patch: which of the batch, and how well it was predicted.
  struct Predicted {
    at::Tensor hidden;  // int64 [M]
    at::Tensor cosine;  // float32 [M], on the CPU
  };
  Predicted predicted(const data::Batch& batch, const data::Key& key);

  nn::MaskedVisionTransformer& student() { return *student_; }
  const Teacher& teacher() const { return *teacher_; }
  Precision precision() const { return precision_; }
  /// Shape of a row of a batch: the student's picture, and behind it the teacher's view where that
  /// has another size.
  Shape row_shape() const;

 private:
  struct Views {
    at::Tensor student, teacher;
  };
  Views views(const data::Batch& batch) const;
  at::Tensor hidden_of(const data::MaskConfig& mask, const data::Batch& batch,
                       const data::Key& key) const;

  std::shared_ptr<nn::MaskedVisionTransformer> student_;
  std::unique_ptr<Teacher> teacher_;
  const OptimRecipe optim_;
  const data::MaskConfig mask_;
  const bool pixels_;
  at::Device device_;
  Precision precision_;
};

}  // namespace evax::train
