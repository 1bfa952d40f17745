#include "evax/nn/segmentation/unet_decoder.h"

#include <ATen/ATen.h>

namespace evax::nn {
namespace {

at::Tensor twice_as_large(const at::Tensor& x) {
  return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
}

}  // namespace

UNetDecoder::UNetDecoder(const std::vector<int64_t>& inputs, const std::vector<int>& outputs) {
  const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  int64_t channels = inputs.back();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto block =
        blocks->register_module(std::to_string(i), std::make_shared<torch::nn::Module>());
    const auto conv = [&](const char* name, int64_t in) {
      return block->register_module(name,
                                    std::make_shared<ConvModule>(in, outputs[i], 3, "0", "1"));
    };
    const int64_t appended = i + 1 < inputs.size() ? inputs[inputs.size() - 2 - i] : 0;
    blocks_.push_back({conv("conv1", channels + appended), conv("conv2", outputs[i])});
    channels = outputs[i];
  }
}

at::Tensor UNetDecoder::forward(const std::vector<at::Tensor>& maps) {
  at::Tensor x = maps.back();
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = twice_as_large(x);
    if (i + 1 < maps.size()) x = at::cat({x, maps[maps.size() - 2 - i]}, 1);
    x = blocks_[i].conv2->forward(blocks_[i].conv1->forward(x));
  }
  return x;
}

FCNHead::FCNHead(int64_t inputs, int64_t channels, int64_t classes)
    : DecodeHead(channels, classes) {
  const auto convs = register_module("convs", std::make_shared<torch::nn::Module>());
  conv_ = convs->register_module("0", std::make_shared<ConvModule>(inputs, channels, 3));
}

}  // namespace evax::nn
