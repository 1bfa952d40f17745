#include "evax/train/optim/precision.h"

#include <ATen/detail/CUDAHooksInterface.h>

#include "evax/core/error.h"
#include "evax/engine/choice.h"

namespace evax::train {
namespace {

bool prefers_bf16(const c10::Device& device) {
  // cuDNN's condition is the one question about compute capability 8 that LibTorch answers without
  // the CUDA toolkit's headers.
  if (device.is_cuda()) return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
  return engine::automatic_precision().precision == engine::Precision::bf16;
}

std::optional<at::ScalarType> autocast_dtype(Precision precision) {
  if (precision == Precision::fp32) return std::nullopt;
  return precision == Precision::bf16 ? at::kBFloat16 : at::kHalf;
}

}  // namespace

Precision choose_precision(const std::string& word, const c10::Device& device) {
  if (word == "auto") return prefers_bf16(device) ? Precision::bf16 : Precision::fp32;
  if (word == "fp32") return Precision::fp32;
  if (word == "bf16") return Precision::bf16;
  if (word != "fp16") fail("run.precision: expected auto, fp32, bf16 or fp16, found '{}'", word);
  if (!device.is_cuda()) fail("run.precision: expected fp32 or bf16 on the CPU, found fp16");
  return Precision::fp16;
}

std::string name_of(Precision precision) {
  return precision == Precision::fp32 ? "fp32" : precision == Precision::bf16 ? "bf16" : "fp16";
}

Autocast::Autocast(Precision precision, c10::DeviceType device)
    : nn::Autocast(device, autocast_dtype(precision)) {}

}  // namespace evax::train
