#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/weights/config.h"

namespace evax::weights {

/// What a part of a network costs.
struct StageCost {
  std::string name;
  int64_t parameters = 0;
  double macs = 0;  // multiply-accumulates of one image
};

/// The network part by part, in the order in which an image passes: patch_embed (with cls_token and
/// pos_embed), attention, mlp (each with its norm), head (with the final norm); of a convolutional
/// network its stages as torchvision names them; of a decoder fpn (the feature pyramid), decoder
/// (U-Net's blocks) and decode_head. MACs are those of all matrix products and
/// convolutions, what papers call FLOPs: 1.253, 4.598 and 17.563 G of EVA-X-Ti, S and B at 224
/// pixels (spec A.1).
std::vector<StageCost> cost_by_stage(const ModelConfig& config);

/// MACs of one image, the sum over the stages.
double macs_per_image(const ModelConfig& config);

/// Floating-point operations of one image, two for each MAC.
inline double flops_per_image(const ModelConfig& config) { return 2 * macs_per_image(config); }

}  // namespace evax::weights
