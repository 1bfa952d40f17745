#pragma once

#include <cstddef>
#include <memory>

#include "evax/weights/model_file.h"

namespace evax::nn {

/// A network of any architecture on LibTorch on the CPU, for evaluation alone.
class Inference {
 public:
  /// bf16: matrix products and convolutions by autocast.
  Inference(const weights::ModelFile& file, bool bf16, size_t threads);
  ~Inference();

  /// images: float32 [count, 3, image_size, image_size], normalised. Writes logits
  /// [count, num_classes] and features [count, embed_dim] where the pointers are not null; of a
  /// segmentation model logits [count, num_classes, image_size, image_size] and nothing else.
  void forward(const float* images, size_t count, float* logits, float* features);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax::nn
