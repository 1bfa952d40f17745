#pragma once

#include <memory>
#include <vector>

#include "evax/nn/segmentation/decode_head.h"
#include "evax/nn/segmentation/layers.h"

namespace evax::nn {

/// U-Net's expanding path (Ronneberger et al., arXiv 1505.04597), named and computed as
/// segmentation_models_pytorch's: a block doubles the size by repeating pixels, appends the
/// encoder's map of that size, if there is one, and convolves twice.
class UNetDecoder : public torch::nn::Module {
 public:
  /// inputs: channels of the encoder's maps, finest first; outputs: of the blocks, one more than
  /// there are maps to append.
  UNetDecoder(const std::vector<int64_t>& inputs, const std::vector<int>& outputs);

  /// maps, finest first, each half the one before -> [N, outputs.back(), H, W], twice the finest.
  at::Tensor forward(const std::vector<at::Tensor>& maps);

 private:
  struct Block {
    std::shared_ptr<ConvModule> conv1, conv2;
  };
  std::vector<Block> blocks_;
};

/// mmsegmentation's FCNHead: a 3 x 3 ConvModule before conv_seg.
class FCNHead : public DecodeHead {
 public:
  FCNHead(int64_t inputs, int64_t channels, int64_t classes);
  /// [N, inputs, H, W] -> [N, channels, H, W], the input of classify().
  at::Tensor forward(const at::Tensor& x) { return conv_->forward(x); }

 private:
  std::shared_ptr<ConvModule> conv_;
};

}  // namespace evax::nn
