#include "evax/nn/inference.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "evax/nn/autocast.h"
#include "evax/nn/network.h"

namespace evax::nn {
namespace {

void copy_out(const at::Tensor& values, float* out) {
  const at::Tensor plain = values.to(at::kFloat).contiguous();
  std::copy_n(plain.const_data_ptr<float>(), plain.numel(), out);
}

}  // namespace

struct Inference::State {
  std::shared_ptr<Network> network;
  std::optional<at::ScalarType> autocast;
};

Inference::Inference(const weights::ModelFile& file, bool bf16, size_t threads)
    : state_(std::make_unique<State>()) {
  at::set_num_threads(static_cast<int>(threads));
  state_->network = make_network(file.metadata.model);
  load(*state_->network, file);
  state_->network->eval();
  if (bf16) state_->autocast = at::kBFloat16;
}

Inference::~Inference() = default;

void Inference::forward(const float* images, size_t count, float* logits, float* features) {
  const at::NoGradGuard no_grad;
  Network& network = *state_->network;
  const int64_t side = network.config().image_size;
  const at::Tensor batch = at::from_blob(const_cast<float*>(images),
                                         {static_cast<int64_t>(count), 3, side, side}, at::kFloat);
  const Autocast setting(at::kCPU, state_->autocast);
  if (network.config().decoder) return copy_out(network.forward(batch), logits);
  const at::Tensor pooled = network.features(batch);
  if (features != nullptr) copy_out(pooled, features);
  if (logits != nullptr) copy_out(network.logits(pooled), logits);
}

}  // namespace evax::nn
