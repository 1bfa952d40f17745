#pragma once

#include <array>
#include <memory>
#include <vector>

#include "evax/nn/segmentation/decode_head.h"
#include "evax/nn/segmentation/feature_pyramid.h"
#include "evax/weights/config.h"

namespace evax::nn {

/// UPerNet's head (Xiao et al., "Unified perceptual parsing", arXiv 1807.10221; spec D.4), named
/// and computed as mmsegmentation's: pooling of the coarsest level at several scales, a top-down
/// path with lateral connections, and all levels at the size of the finest. Every layer has
/// C = decoder.channels.
class UPerHead : public DecodeHead {
 public:
  using Pyramid = std::array<at::Tensor, FeaturePyramid::levels>;

  explicit UPerHead(const weights::ModelConfig& config);

  /// pyramid, finest first -> [N, C, h, w] of the finest level, the input of classify().
  at::Tensor forward(const Pyramid& pyramid);
  /// The levels after the top-down path, [N, C, h, w] each.
  Pyramid top_down(const Pyramid& pyramid);
  /// The coarsest level with what pooling saw of the whole image: [N, D, h, w] -> [N, C, h, w].
  at::Tensor pool(const at::Tensor& coarsest);

 private:
  std::shared_ptr<ConvModule> add(torch::nn::Module& parent, const std::string& name,
                                  int64_t inputs, int64_t kernel);

  int64_t channels_;
  std::vector<int> scales_;
  std::vector<std::shared_ptr<ConvModule>> psp_, laterals_, fpn_;
  std::shared_ptr<ConvModule> bottleneck_, fpn_bottleneck_;
};

}  // namespace evax::nn
