#pragma once

#include <memory>
#include <string>

#include "evax/nn/layers/batch_norm.h"
#include "evax/nn/layers/conv.h"

namespace evax::nn {

/// Transposed convolution with kernel and stride 2 and a bias, which doubles height and width:
/// weight [inputs, outputs, 2, 2].
struct ConvTranspose2d : torch::nn::Module {
  ConvTranspose2d(int64_t inputs, int64_t outputs);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias;
};

/// Convolution, BatchNorm and ReLU, as mmcv's ConvModule; its two parts have other names in U-Net.
class ConvModule : public torch::nn::Module {
 public:
  ConvModule(int64_t inputs, int64_t outputs, int64_t kernel, const std::string& conv = "conv",
             const std::string& norm = "bn");
  at::Tensor forward(const at::Tensor& x);

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> norm_;
};

/// [N, C, h, w] at another height and width by bilinear interpolation, corners not aligned.
at::Tensor bilinear(const at::Tensor& x, at::IntArrayRef size);

}  // namespace evax::nn
