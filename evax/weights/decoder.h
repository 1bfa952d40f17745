#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evax/core/tensor.h"

namespace evax::weights {

struct ModelConfig;

/// What turns the features of an encoder into a logit for every pixel and class (design.md 3).
struct DecoderConfig {
  /// "upernet" behind a transformer: a feature pyramid made of the last block's tokens and UPerNet
  /// (spec D.3, D.4). "unet" behind a ResNet50: U-Net and a head of one layer (spec D.5).
  std::string kind = "upernet";
  /// UPerNet: channels of all its layers. U-Net: channels of the head; its five blocks have 4, 2,
  /// 1, 1/2 and 1/4 times as many.
  int channels = 256;
  /// UPerNet: sides of the squares to which its coarsest features are pooled.
  std::vector<int> pool_scales{1, 2, 3, 6};
};

/// The paper's decoder for that encoder.
DecoderConfig default_decoder(const ModelConfig& encoder);

/// Channels of each feature map that the decoder of this model takes, finest first.
std::vector<int> decoder_inputs(const ModelConfig& config);
/// Channels of the five blocks of a U-Net whose head has this many.
std::vector<int> unet_channels(int head_channels);

/// Throws Error naming `path` and the first number that makes no decoder for this encoder.
void check_decoder(const ModelConfig& config, const std::string& path);

/// The parameters of the decoder alone, named as in mmsegmentation; fpn1, fpn2 and U-Net's blocks
/// without its "backbone.". parameters_of() has them behind the encoder's.
std::vector<std::pair<std::string, Shape>> decoder_parameters(const ModelConfig& config);

/// Whether a tensor of that name belongs to a decoder rather than to an encoder.
bool is_decoder_parameter(std::string_view name);

}  // namespace evax::weights
