#include "evax/tasks/explain/network.h"

#include "evax/core/error.h"

namespace evax::tasks {

bool can_be_explained(const weights::ModelConfig& config) {
  return !config.is_transformer() || engine::runs(config);
}

ExplainedNetwork explained_network(const std::string& path, const weights::ModelFile& file,
                                   const engine::Options& options,
                                   const inference::MakeGradCam& make_grad_cam) {
  const weights::ModelConfig& config = file.metadata.model;
  if (file.metadata.task == weights::Task::segmentation)
    fail("{}: explain needs a classifier or a pre-trained encoder, found a segmentation model",
         path);
  ExplainedNetwork network{path, file.metadata, nullptr, {}};
  const bool has_head = config.num_classes > 0;
  if (config.is_transformer()) {
    network.engine = std::make_shared<const engine::Session>(file, options);
    if (has_head) network.grad_cam = inference::grad_cam_of(network.engine);
  } else {
    if (!has_head)
      fail("{}: explain needs a head on a convolutional network, found {} without one", path,
           config.arch);
    network.grad_cam = make_grad_cam(file, options);
  }
  return network;
}

}  // namespace evax::tasks
