#include "evax/weights/config.h"
#include "evax/weights/parameter_list.h"

namespace evax::weights {
namespace {

// mmcv's ConvModule.
void conv_module(Scope& scope, const std::string& name, int64_t out, int64_t in, int64_t kernel) {
  scope.conv(name + ".conv", out, in, kernel);
  scope.batch_norm(name + ".bn", out);
}

void conv_seg(Scope& head, const ModelConfig& config) {
  head.add("conv_seg.weight", {config.num_classes, config.decoder->channels, 1, 1});
  head.add("conv_seg.bias", {config.num_classes});
}

void pyramid(Scope& model, int64_t dim) {
  model.conv_transpose("fpn1.0", dim, dim);
  model.batch_norm("fpn1.1", dim);
  model.conv_transpose("fpn1.3", dim, dim);
  model.conv_transpose("fpn2.0", dim, dim);
}

void uper_head(Scope head, const ModelConfig& config) {
  const DecoderConfig& decoder = *config.decoder;
  const std::vector<int> inputs = decoder_inputs(config);
  const int64_t channels = decoder.channels;
  const auto scales = static_cast<int64_t>(decoder.pool_scales.size());
  conv_seg(head, config);
  for (int64_t i = 0; i < scales; ++i)
    conv_module(head, "psp_modules." + std::to_string(i) + ".1", channels, inputs.back(), 1);
  conv_module(head, "bottleneck", channels, inputs.back() + scales * channels, 3);
  for (size_t i = 0; i + 1 < inputs.size(); ++i)
    conv_module(head, "lateral_convs." + std::to_string(i), channels, inputs[i], 1);
  for (size_t i = 0; i + 1 < inputs.size(); ++i)
    conv_module(head, "fpn_convs." + std::to_string(i), channels, channels, 3);
  conv_module(head, "fpn_bottleneck", channels, static_cast<int64_t>(inputs.size()) * channels, 3);
}

// segmentation_models_pytorch's Conv2dReLU.
void unet_conv(Scope& block, const std::string& name, int64_t out, int64_t in) {
  block.conv(name + ".0", out, in, 3);
  block.batch_norm(name + ".1", out);
}

void unet(Parameters& parameters, const ModelConfig& config) {
  const std::vector<int> inputs = decoder_inputs(config);
  const std::vector<int> outputs = unet_channels(config.decoder->channels);
  int64_t channels = inputs.back();
  for (size_t i = 0; i < outputs.size(); ++i) {
    Scope block(parameters, "decoder.blocks." + std::to_string(i) + ".");
    const int64_t skipped = i + 1 < inputs.size() ? inputs[inputs.size() - 2 - i] : 0;
    unet_conv(block, "conv1", outputs[i], channels + skipped);
    unet_conv(block, "conv2", outputs[i], outputs[i]);
    channels = outputs[i];
  }
  Scope head(parameters, "decode_head.");
  conv_seg(head, config);
  conv_module(head, "convs.0", config.decoder->channels, channels, 3);
}

}  // namespace

Parameters decoder_parameters(const ModelConfig& config) {
  Parameters parameters;
  if (config.decoder->kind == "unet") {
    unet(parameters, config);
    return parameters;
  }
  Scope model(parameters);
  pyramid(model, config.embed_dim);
  uper_head(Scope(parameters, "decode_head."), config);
  return parameters;
}

}  // namespace evax::weights
