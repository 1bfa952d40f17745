#pragma once

#include <functional>
#include <memory>
#include <span>

#include "evax/core/tensor.h"
#include "evax/engine/model.h"

namespace evax::inference {

/// What a classifier and its Grad-CAM give for N images.
struct CamMaps {
  Tensor raw;  // [N, classes asked, G, G]: the weighted sum of the channels, before relu (spec E)
  Tensor logits;  // [N, num_classes]
};

/// images: float32 [N, 3, S, S], normalised. classes: indices, or engine::top_class.
using GradCam = std::function<CamMaps(const Tensor& images, std::span<const int> classes)>;

/// Makes the Grad-CAM of a model file; throws Error when it cannot of that architecture.
using MakeGradCam = std::function<GradCam(const weights::ModelFile&, const engine::Options&)>;

/// On the engine of this CPU.
GradCam grad_cam_of(std::shared_ptr<const engine::Session> model);
GradCam grad_cam_network(const weights::ModelFile& file, const engine::Options& options);

}  // namespace evax::inference
