#pragma once

#include <c10/core/Device.h>

#include <string>

#include "evax/nn/autocast.h"

namespace evax::train {

/// What matrix products are computed in; weights, gradients and the optimiser are always float32.
enum class Precision { fp32, bf16, fp16 };

/// run.precision on this device. "auto": bf16 where the hardware multiplies it natively (as the
/// engine sees the CPU, EVAX_MAX_ISA included; CUDA compute capability 8), else fp32. Throws Error
/// for an unknown word and for fp16 on the CPU.
Precision choose_precision(const std::string& word, const c10::Device& device);
std::string name_of(Precision precision);

/// nn::Autocast at a precision.
class Autocast : public nn::Autocast {
 public:
  Autocast(Precision precision, c10::DeviceType device);
};

}  // namespace evax::train
