#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace evax::nn {

/// Convolution of [N, C, H, W] without a bias: weight [outputs, inputs, kernel, kernel], an odd
/// kernel, and kernel / 2 zeros around the image, so that only the stride shrinks it.
struct Conv2d : torch::nn::Module {
  Conv2d(int64_t inputs, int64_t outputs, int64_t kernel, int64_t stride = 1);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight;

 private:
  int64_t stride_;
};

/// images [N, 3, H, W] in the order in which convolutions run fastest, channels last, which all
/// layers keep. Throws Error for other shapes.
at::Tensor images_for_convolution(const at::Tensor& images);

}  // namespace evax::nn
