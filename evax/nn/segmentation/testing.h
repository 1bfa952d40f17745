#pragma once

#include "evax/nn/network.h"
#include "evax/nn/testing.h"

namespace evax::nn::testing {

/// small_config() or a plain ViT of its sizes with UPerNet of 16 channels, for two classes.
inline weights::ModelConfig uper_config(const char* arch = "eva_x") {
  weights::ModelConfig config = small_config();
  config.arch = config.variant = arch;
  config.num_classes = 2;
  config.decoder = weights::DecoderConfig{.channels = 16};
  return config;
}

/// ResNet50 with a narrow U-Net, for two classes.
inline weights::ModelConfig unet_config() {
  weights::ModelConfig config = *weights::published_config("resnet50");
  config.image_size = 64;
  config.num_classes = 2;
  config.decoder = weights::DecoderConfig{.kind = "unet", .channels = 8, .pool_scales = {}};
  return config;
}

}  // namespace evax::nn::testing
