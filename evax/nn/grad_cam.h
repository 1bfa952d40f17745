#pragma once

#include <memory>
#include <span>

#include "evax/core/tensor.h"
#include "evax/weights/model_file.h"

namespace evax::nn {

/// Grad-CAM (Selvaraju et al., arXiv 1610.02391) of ResNet50 and DenseNet121 on LibTorch on the
/// CPU, at the layers where the original looks (spec E): layer4[2].bn3, and norm1 of the last dense
/// layer. Transformers run on the engine (engine::Session::grad_cam).
class GradCam {
 public:
  GradCam(const weights::ModelFile& file, size_t threads);
  ~GradCam();

  struct Maps {
    Tensor raw;     // [N, classes, h, w]: the weighted sum of the channels, before relu
    Tensor logits;  // [N, num_classes]
  };
  /// images: float32 [N, 3, S, S], normalised. classes: indices, or -1: each image's largest logit.
  Maps operator()(const Tensor& images, std::span<const int> classes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax::nn
