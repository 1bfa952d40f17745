#pragma once

#include "evax/engine/kernels/kernels.h"

namespace evax::engine::testing {

/// The AMX kernels on tiles in software: any CPU runs them, with the bits of the processor's tiles.
/// Without kernels of trainings.
Kernels emulated_amx();

}  // namespace evax::engine::testing
