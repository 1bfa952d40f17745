#include "evax/nn/measure.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <chrono>
#include <vector>

#include "evax/nn/autocast.h"
#include "evax/nn/network.h"

namespace evax::nn {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What torch.optim.AdamW(fused=True) does, with its default settings.
class FusedAdamW {
 public:
  explicit FusedAdamW(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const at::Tensor& parameter : parameters_) {
      averages_.push_back(at::zeros_like(parameter));
      squares_.push_back(at::zeros_like(parameter));
      steps_.push_back(at::zeros({}, at::kFloat));
    }
  }

  void step() {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : parameters_) gradients.push_back(parameter.grad());
    at::_foreach_add_(steps_, 1);
    at::_fused_adamw_(parameters_, gradients, averages_, squares_, {}, steps_, 1e-3, 0.9, 0.999,
                      0.01, 1e-8, false, false);
  }

 private:
  std::vector<at::Tensor> parameters_, averages_, squares_, steps_;
};

class Step {
 public:
  Step(const weights::ModelConfig& config, int64_t batch, std::optional<at::ScalarType> autocast)
      : model_(make_network(config)),
        optimizer_(model_->parameters()),
        images_(at::randn({batch, 3, config.image_size, config.image_size})),
        targets_(at::zeros({batch, config.num_classes})),
        autocast_(autocast) {
    initialise(*model_, 0);
    if (config.decoder)
      targets_ = at::zeros({batch, config.num_classes, config.image_size, config.image_size});
  }

  void run(TrainingSpeed& sums) {
    const auto start = Clock::now();
    at::Tensor loss;
    {
      const Autocast setting(at::kCPU, autocast_);
      loss =
          at::binary_cross_entropy_with_logits(model_->forward(images_).to(at::kFloat), targets_);
    }
    sums.forward += since(start);
    const auto middle = Clock::now();
    loss.backward();
    sums.backward += since(middle);
    const auto end = Clock::now();
    optimizer_.step();
    model_->zero_grad();
    sums.optimizer += since(end);
  }

 private:
  std::shared_ptr<Network> model_;
  FusedAdamW optimizer_;
  at::Tensor images_, targets_;
  std::optional<at::ScalarType> autocast_;
};

}  // namespace

TrainingSpeed training_images_per_second(const weights::ModelConfig& config, int64_t batch,
                                         int threads, std::optional<at::ScalarType> autocast,
                                         double seconds) {
  at::set_num_threads(threads);
  Step step(config, batch, autocast);
  TrainingSpeed speed;
  step.run(speed);
  speed = {};
  int64_t steps = 0;
  const auto start = Clock::now();
  do {
    step.run(speed);
    ++steps;
  } while (since(start) < seconds);
  const auto count = static_cast<double>(steps);
  speed.images_per_second = count * static_cast<double>(batch) / since(start);
  for (double* part : {&speed.forward, &speed.backward, &speed.optimizer}) *part /= count;
  return speed;
}

void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

}  // namespace evax::nn
