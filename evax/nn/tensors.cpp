#include "evax/nn/tensors.h"

#include <ATen/ATen.h>

#include <cstring>

namespace evax::nn {

at::Tensor to_torch(const Tensor& tensor) {
  const Tensor values = tensor.to_f32();
  at::Tensor copy = at::empty(values.shape(), at::kFloat);
  if (copy.numel() > 0)
    std::memcpy(copy.mutable_data_ptr(), values.bytes().data(), values.bytes().size());
  return copy;
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  Tensor copy(DType::f32, values.sizes().vec());
  const auto bytes = copy.mutable_bytes();
  if (!bytes.empty()) std::memcpy(bytes.data(), values.const_data_ptr(), bytes.size());
  return copy;
}

}  // namespace evax::nn
