#pragma once

#include "evax/engine/kernels/kernels.h"

namespace evax::engine::testing {

/// The AMX kernels on tiles in software: any CPU runs them, with the bits of the processor's tiles.
Kernels emulated_amx();
/// Its int8 product for activations in float32.
const kernel::Gemm& emulated_amx_int8();

}  // namespace evax::engine::testing
