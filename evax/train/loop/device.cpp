#include "evax/train/loop/device.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>

#include "evax/core/error.h"

namespace evax::train {

bool wants_gpu(const std::string& device) {
  return device == "auto" ? at::hasCUDA() : device.starts_with("cuda");
}

at::Device choose_device(const std::string& device, const Distributed& distributed) {
  if (!wants_gpu(device)) return at::kCPU;
  const auto count = static_cast<int>(at::getNumGPUs());
  const int index =
      device.starts_with("cuda:") ? std::stoi(device.substr(5)) : distributed.local_rank();
  if (index >= count)
    fail("run.device = {}: expected GPU {}, found {} that this LibTorch can use", device, index,
         count);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

at::Tensor on_device(const Tensor& tensor, const at::Device& device) {
  auto* data = const_cast<std::byte*>(tensor.bytes().data());  // from_blob has no const version
  const at::ScalarType type = tensor.dtype() == DType::u8 ? at::kByte : at::kFloat;
  const at::Tensor view = at::from_blob(data, tensor.shape(), type);
  if (device.is_cpu()) return view;
  return view.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace evax::train
