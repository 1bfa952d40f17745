#include "evax/inference/runner.h"

namespace evax::inference {
namespace {

class Engine : public Runner {
 public:
  Engine(const weights::ModelFile& file, const engine::Options& options) : model_(file, options) {}
  void forward(const float* images, size_t count, const engine::Outputs& outputs) override {
    model_.forward(images, count, outputs);
  }

 private:
  engine::Session model_;
};

}  // namespace

std::unique_ptr<Runner> run_on_engine(const weights::ModelFile& file,
                                      const engine::Options& options) {
  return std::make_unique<Engine>(file, options);
}

}  // namespace evax::inference
