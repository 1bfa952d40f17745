#pragma once

#include <string>

#include "evax/engine/precision.h"

namespace evax::engine {

/// What Precision::automatic means on this CPU, and why.
struct PrecisionChoice {
  Precision precision;  // fp32 or bf16
  std::string reason;   // "bf16, on AMX tiles"
};

/// bf16 on AMX; with AVX-512-BF16 alone only where it multiplies at least 1.2 times as fast as
/// float32 in three of three tries of some microseconds, which a Zen 4 or 5 does and a Sapphire
/// Rapids does not; else fp32. Decided once a process.
const PrecisionChoice& automatic_precision();

}  // namespace evax::engine
