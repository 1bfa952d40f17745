#pragma once

#include <functional>
#include <memory>

#include "evax/engine/model.h"

namespace evax::inference {

/// A network ready to run, for the verbs that do not care on what: the engine, or in evax-train
/// LibTorch, which convolutional networks need.
class Runner {
 public:
  virtual ~Runner() = default;
  /// images: float32 [count, 3, image_size, image_size], normalised.
  virtual void forward(const float* images, size_t count, const engine::Outputs& outputs) = 0;
};

/// Makes the runner of a model file; throws Error when it cannot run that architecture.
using MakeRunner =
    std::function<std::unique_ptr<Runner>(const weights::ModelFile&, const engine::Options&)>;

/// The engine of this CPU: EVA-X and ViT, as classifiers or with UPerNet.
std::unique_ptr<Runner> run_on_engine(const weights::ModelFile& file,
                                      const engine::Options& options);

}  // namespace evax::inference
