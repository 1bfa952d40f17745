#include "evax/nn/segmentation/layers.h"

#include <ATen/ATen.h>

namespace evax::nn {

ConvTranspose2d::ConvTranspose2d(int64_t inputs, int64_t outputs) {
  weight = register_parameter("weight", at::zeros({inputs, outputs, 2, 2}));
  bias = register_parameter("bias", at::zeros({outputs}));
}

at::Tensor ConvTranspose2d::forward(const at::Tensor& x) const {
  return at::conv_transpose2d(x, weight, bias, /*stride=*/2);
}

ConvModule::ConvModule(int64_t inputs, int64_t outputs, int64_t kernel, const std::string& conv,
                       const std::string& norm) {
  conv_ = register_module(conv, std::make_shared<Conv2d>(inputs, outputs, kernel));
  norm_ = register_module(norm, std::make_shared<BatchNorm2d>(outputs));
}

at::Tensor ConvModule::forward(const at::Tensor& x) {
  return norm_->forward(conv_->forward(x)).relu_();
}

at::Tensor bilinear(const at::Tensor& x, at::IntArrayRef size) {
  return at::upsample_bilinear2d(x, size, /*align_corners=*/false);
}

}  // namespace evax::nn
