#include "apps/evax-train/runner.h"

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/nn/grad_cam.h"
#include "evax/nn/inference.h"

namespace evax::app {
namespace {

size_t threads_of(const engine::Options& options) {
  return options.threads == 0 ? available_threads() : options.threads;
}

class LibTorch : public inference::Runner {
 public:
  LibTorch(const weights::ModelFile& file, const engine::Options& options)
      : network_(file, options.precision != engine::Precision::fp32 && engine::has_bf16(),
                 threads_of(options)) {}

  void forward(const float* images, size_t count, const engine::Outputs& outputs) override {
    if (outputs.tokens != nullptr) fail("a convolutional network has no tokens");
    network_.forward(images, count, outputs.logits, outputs.features);
  }

 private:
  nn::Inference network_;
};

}  // namespace

std::unique_ptr<inference::Runner> run_on_libtorch(const weights::ModelFile& file,
                                                   const engine::Options& options) {
  return std::make_unique<LibTorch>(file, options);
}

inference::GradCam grad_cam_on_libtorch(const weights::ModelFile& file,
                                        const engine::Options& options) {
  if (file.metadata.model.is_transformer()) return inference::grad_cam_network(file, options);
  auto grad_cam = std::make_shared<nn::GradCam>(file, threads_of(options));
  return [grad_cam](const Tensor& images, std::span<const int> classes) {
    nn::GradCam::Maps maps = (*grad_cam)(images, classes);
    return inference::CamMaps{std::move(maps.raw), std::move(maps.logits)};
  };
}

}  // namespace evax::app
