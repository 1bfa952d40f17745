#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "evax/engine/model.h"
#include "evax/train/teacher/backbone.h"

namespace evax::train {
namespace {

class EngineBackbone : public Backbone {
 public:
  EngineBackbone(const weights::ModelFile& file, Precision precision)
      : model_(file, {.precision = precision != Precision::fp32 && engine::has_bf16()
                                       ? engine::Precision::bf16
                                       : engine::Precision::fp32,
                      .threads = static_cast<size_t>(at::get_num_threads())}) {}

  at::Tensor tokens(const at::Tensor& images) override {
    const at::Tensor in = images.to(at::kCPU, at::kFloat).contiguous();
    const weights::ModelConfig& config = model_.config();
    const at::Tensor out = at::empty({in.size(0), config.tokens(), config.embed_dim}, at::kFloat);
    model_.forward(in.const_data_ptr<float>(), static_cast<size_t>(in.size(0)),
                   {.tokens = out.mutable_data_ptr<float>()});
    return out.to(images.device());
  }

  std::string description() const override { return "evax's engine, " + model_.description(); }

 private:
  engine::Model model_;
};

}  // namespace

std::unique_ptr<Backbone> make_engine_backbone(const weights::ModelFile& file,
                                               Precision precision) {
  return std::make_unique<EngineBackbone>(file, precision);
}

}  // namespace evax::train
