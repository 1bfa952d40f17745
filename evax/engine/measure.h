#pragma once

#include <cstddef>

#include "evax/engine/model.h"

namespace evax::engine {

/// Images per second of forward() with `batch` images a call, over about `seconds`.
double images_per_second(const Session& session, size_t batch, double seconds);

/// Floating-point operations per second of `threads` threads that multiply and add in registers
/// alone, in the instruction set that `precision` runs on: what no product can exceed. Over about
/// `seconds`.
double peak_flops(Precision precision, size_t threads, double seconds);

}  // namespace evax::engine
