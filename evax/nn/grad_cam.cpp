#include "evax/nn/grad_cam.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "evax/core/error.h"
#include "evax/nn/densenet.h"
#include "evax/nn/resnet.h"

namespace evax::nn {
namespace {

void watch(Network& network, at::Tensor* place) {
  if (auto* resnet = dynamic_cast<ResNet*>(&network)) return resnet->watch(place);
  if (auto* densenet = dynamic_cast<DenseNet*>(&network)) return densenet->watch(place);
  fail("Grad-CAM on LibTorch needs ResNet50 or DenseNet121, found {}", network.config().arch);
}

// The logit of a class of every image; of the largest one for -1.
at::Tensor chosen(const at::Tensor& logits, int index) {
  return index < 0 ? std::get<0>(logits.max(1)) : logits.select(1, index);
}

Tensor plain(const at::Tensor& values) {
  const at::Tensor dense = values.detach().to(at::kFloat).contiguous();
  return Tensor::from_floats(dense.sizes().vec(),
                             {dense.const_data_ptr<float>(), static_cast<size_t>(dense.numel())});
}

}  // namespace

struct GradCam::State {
  std::shared_ptr<Network> network;
  at::Tensor activations;
};

GradCam::GradCam(const weights::ModelFile& file, size_t threads)
    : state_(std::make_unique<State>()) {
  at::set_num_threads(static_cast<int>(threads));
  state_->network = make_network(file.metadata.model);
  load(*state_->network, file);
  state_->network->eval();
  for (const at::Tensor& parameter : state_->network->parameters())
    parameter.set_requires_grad(false);
  watch(*state_->network, &state_->activations);
}

GradCam::~GradCam() = default;

GradCam::Maps GradCam::operator()(const Tensor& images, std::span<const int> classes) {
  const at::Tensor batch =
      at::from_blob(const_cast<float*>(images.floats().data()), images.shape(), at::kFloat);
  const at::Tensor logits = state_->network->forward(batch);
  const at::Tensor& activations = state_->activations;
  std::vector<at::Tensor> maps;
  for (const int index : classes) {
    const at::Tensor gradient = torch::autograd::grad({chosen(logits, index).sum()}, {activations},
                                                      {}, /*retain_graph=*/true)
                                    .front();
    maps.push_back((gradient.mean({2, 3}, true) * activations.detach()).sum(1));
  }
  return {plain(at::stack(maps, 1)), plain(logits)};
}

}  // namespace evax::nn
