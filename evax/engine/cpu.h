#pragma once

#include <string>

namespace evax::engine {

/// What this CPU can do, seen through the environment variable EVAX_MAX_ISA (scalar, sse4, avx2,
/// avx512, native; default native), which caps every kernel. `avx512` means
/// without bf16 instructions.

/// Whether this CPU multiplies bf16 natively (AVX-512-BF16, which CPUs with AMX have too).
bool has_bf16();
/// Applies the cap to Highway; called by everything that chooses a kernel. Throws Error
/// on an unknown value.
void apply_isa_cap();
/// The vector instruction sets found: "avx2 fma avx512f avx512_bf16".
std::string cpu_features();

}  // namespace evax::engine
