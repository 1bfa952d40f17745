#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <vector>

#include "evax/engine/model.h"
#include "evax/train/pretraining/teacher/backbone.h"

namespace evax::train {
namespace {

class EngineBackbone : public Backbone {
 public:
  EngineBackbone(const weights::ModelFile& file, Precision precision)
      : session_(file, {.precision = precision != Precision::fp32 && engine::has_bf16()
                                         ? engine::Precision::bf16
                                         : engine::Precision::fp32,
                        .threads = static_cast<size_t>(at::get_num_threads())}) {}

  double weight_bytes() const override {
    const auto count = static_cast<double>(parameter_count(session_.config()));
    return count * (session_.model().precision() == engine::Precision::bf16 ? 2 : sizeof(float));
  }

  at::Tensor tokens(const at::Tensor& images, const at::Tensor& rows) override {
    const at::Tensor in = images.to(at::kCPU, at::kFloat).contiguous();
    const weights::ModelConfig& config = session_.config();
    std::vector<std::vector<uint32_t>> wanted(static_cast<size_t>(in.size(0)));
    const at::Tensor flat = rows.to(at::kCPU).contiguous();
    for (int64_t i = 0; i < flat.size(0); ++i) {
      const auto row = static_cast<size_t>(flat.const_data_ptr<int64_t>()[i]);
      const auto tokens = static_cast<size_t>(config.tokens());
      wanted[row / tokens].push_back(static_cast<uint32_t>(row % tokens));
    }
    const at::Tensor out = at::empty({flat.size(0), config.embed_dim}, at::kFloat);
    session_.tokens(in.const_data_ptr<float>(), wanted, out.mutable_data_ptr<float>());
    return out.to(images.device());
  }

  std::string description() const override {
    return "evax's engine, " + session_.model().description();
  }

 private:
  engine::Session session_;
};

}  // namespace

std::unique_ptr<Backbone> make_engine_backbone(const weights::ModelFile& file,
                                               Precision precision) {
  return std::make_unique<EngineBackbone>(file, precision);
}

}  // namespace evax::train
