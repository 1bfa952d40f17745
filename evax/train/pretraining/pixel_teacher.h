#pragma once

#include "evax/train/pretraining/teacher.h"

namespace evax::train {

/// The targets of a masked autoencoder (He et al., arXiv 2111.06377): a patch's own pixels, less
/// their mean and over their standard deviation. No network.
class PixelTeacher : public Teacher {
 public:
  explicit PixelTeacher(const weights::ModelConfig& student);

  int view_size() const override { return config_.image_size; }
  int width() const override { return 3 * config_.patch_size * config_.patch_size; }
  std::vector<std::string> notes() const override;
  at::Tensor targets(const at::Tensor& images, const at::Tensor& patches) override;

 private:
  weights::ModelConfig config_;
};

}  // namespace evax::train
