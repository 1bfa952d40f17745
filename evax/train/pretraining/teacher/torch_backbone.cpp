#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evax/nn/vision_transformer.h"
#include "evax/train/pretraining/teacher/backbone.h"

namespace evax::train {
namespace {

class TorchBackbone : public Backbone {
 public:
  TorchBackbone(const weights::ModelFile& file, const at::Device& device, Precision precision)
      : network_(file.metadata.model), device_(device), precision_(precision) {
    nn::load(network_, file);
    network_.to(device);
    network_.eval();
  }

  at::Tensor tokens(const at::Tensor& images, const at::Tensor& rows) override {
    const at::NoGradGuard no_grad;
    const Autocast autocast(precision_, device_.type());
    return network_.tokens(images, {}, rows);
  }

  // Autocast narrows them for a product at a time.
  double weight_bytes() const override {
    return static_cast<double>(parameter_count(network_.config()) * sizeof(float));
  }
  std::string description() const override {
    return fmt::format("LibTorch, {}", name_of(precision_));
  }

 private:
  nn::VisionTransformer network_;
  at::Device device_;
  Precision precision_;
};

}  // namespace

std::unique_ptr<Backbone> make_torch_backbone(const weights::ModelFile& file,
                                              const at::Device& device, Precision precision) {
  return std::make_unique<TorchBackbone>(file, device, precision);
}

}  // namespace evax::train
