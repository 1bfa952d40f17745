#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "evax/train/optim/precision.h"
#include "evax/weights/model_file.h"

namespace evax::train {

/// The blocks of a frozen vision transformer on one of the two engines.
class Backbone {
 public:
  virtual ~Backbone() = default;

  /// images: float32 [N, 3, S, S] on the device; rows: int64 [M], ascending, of the N * (1 + G^2)
  /// tokens of the batch, cls first. The output of the last block there, [M, D] on the device,
  /// without a gradient.
  virtual at::Tensor tokens(const at::Tensor& images, const at::Tensor& rows) = 0;
  /// What its weights take in memory.
  virtual double weight_bytes() const = 0;
  /// "LibTorch, bf16"
  virtual std::string description() const = 0;
};

/// A network that engine::runs(), in bf16 for any narrow precision where the CPU multiplies it.
std::unique_ptr<Backbone> make_engine_backbone(const weights::ModelFile& file, Precision precision);
/// Any vision transformer.
std::unique_ptr<Backbone> make_torch_backbone(const weights::ModelFile& file,
                                              const at::Device& device, Precision precision);

}  // namespace evax::train
