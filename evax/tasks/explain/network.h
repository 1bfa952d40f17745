#pragma once

#include <memory>
#include <string>

#include "evax/inference/grad_cam_network.h"

namespace evax::tasks {

/// A model that can be asked what it looks at.
struct ExplainedNetwork {
  std::string path;  // of the model file
  weights::Metadata metadata;
  std::shared_ptr<const engine::Session>
      engine;                   // null: a convolutional network, which has Grad-CAM
  inference::GradCam grad_cam;  // empty: an encoder without a head
};

/// Whether there is such a network of this architecture, given that evax runs it at all.
bool can_be_explained(const weights::ModelConfig& config);

/// Transformers run on the engine, convolutional networks on what `make_grad_cam` makes. Throws
/// Error for a segmentation model and for a convolutional network without a head.
ExplainedNetwork explained_network(const std::string& path, const weights::ModelFile& file,
                                   const engine::Options& options,
                                   const inference::MakeGradCam& make_grad_cam);

}  // namespace evax::tasks
