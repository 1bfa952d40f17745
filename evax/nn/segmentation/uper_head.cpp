#include "evax/nn/segmentation/uper_head.h"

#include <ATen/ATen.h>

namespace evax::nn {
namespace {

constexpr size_t last = FeaturePyramid::levels - 1;

at::IntArrayRef size_of(const at::Tensor& map) { return map.sizes().slice(2); }

}  // namespace

UPerHead::UPerHead(const weights::ModelConfig& config)
    : DecodeHead(config.decoder->channels, config.num_classes),
      channels_(config.decoder->channels),
      scales_(config.decoder->pool_scales) {
  const int64_t width = config.embed_dim;
  const auto list = [this](const char* name) {
    return register_module(name, std::make_shared<torch::nn::Module>());
  };
  const auto psp = list("psp_modules");
  for (size_t i = 0; i < scales_.size(); ++i) {
    const auto branch =
        psp->register_module(std::to_string(i), std::make_shared<torch::nn::Module>());
    psp_.push_back(add(*branch, "1", width, 1));
  }
  const auto pooled = width + static_cast<int64_t>(scales_.size()) * channels_;
  bottleneck_ = add(*this, "bottleneck", pooled, 3);
  const auto laterals = list("lateral_convs");
  const auto fpn = list("fpn_convs");
  for (size_t i = 0; i < last; ++i) {
    laterals_.push_back(add(*laterals, std::to_string(i), width, 1));
    fpn_.push_back(add(*fpn, std::to_string(i), channels_, 3));
  }
  fpn_bottleneck_ =
      add(*this, "fpn_bottleneck", static_cast<int64_t>(FeaturePyramid::levels) * channels_, 3);
}

std::shared_ptr<ConvModule> UPerHead::add(torch::nn::Module& parent, const std::string& name,
                                          int64_t inputs, int64_t kernel) {
  return parent.register_module(name, std::make_shared<ConvModule>(inputs, channels_, kernel));
}

at::Tensor UPerHead::pool(const at::Tensor& coarsest) {
  std::vector<at::Tensor> parts{coarsest};
  for (size_t i = 0; i < scales_.size(); ++i) {
    const at::Tensor cells = at::adaptive_avg_pool2d(coarsest, {scales_[i], scales_[i]});
    parts.push_back(bilinear(psp_[i]->forward(cells), size_of(coarsest)));
  }
  return bottleneck_->forward(at::cat(parts, 1));
}

UPerHead::Pyramid UPerHead::top_down(const Pyramid& pyramid) {
  Pyramid sums;
  sums[last] = pool(pyramid[last]);
  for (size_t i = last; i-- > 0;) {
    const at::Tensor lateral = laterals_[i]->forward(pyramid[i]);
    sums[i] = lateral + bilinear(sums[i + 1], size_of(lateral));
  }
  return sums;
}

at::Tensor UPerHead::forward(const Pyramid& pyramid) {
  const Pyramid sums = top_down(pyramid);
  std::vector<at::Tensor> levels{fpn_[0]->forward(sums[0])};
  for (size_t i = 1; i <= last; ++i)
    levels.push_back(bilinear(i < last ? fpn_[i]->forward(sums[i]) : sums[i], size_of(levels[0])));
  return fpn_bottleneck_->forward(at::cat(levels, 1));
}

}  // namespace evax::nn
