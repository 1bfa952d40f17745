#include "apps/evax-train/runner.h"

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/nn/inference.h"

namespace evax::app {
namespace {

class LibTorch : public tasks::Runner {
 public:
  LibTorch(const weights::ModelFile& file, const engine::Options& options)
      : network_(file, options.precision != engine::Precision::fp32 && engine::has_bf16(),
                 options.threads == 0 ? available_threads() : options.threads) {}

  void forward(const float* images, size_t count, const engine::Outputs& outputs) override {
    if (outputs.tokens != nullptr) fail("a convolutional network has no tokens");
    network_.forward(images, count, outputs.logits, outputs.features);
  }

 private:
  nn::Inference network_;
};

}  // namespace

std::unique_ptr<tasks::Runner> run_on_libtorch(const weights::ModelFile& file,
                                               const engine::Options& options) {
  return std::make_unique<LibTorch>(file, options);
}

}  // namespace evax::app
