#pragma once

#include <string>

namespace evax::engine {

/// What this CPU can do, seen through the environment variable EVAX_MAX_ISA (scalar, sse4, avx2,
/// avx_vnni, avx512, avx512_vnni, avx512_bf16, amx, native; default native), which caps every
/// kernel. Each word includes those before it.

/// Whether this CPU multiplies bf16 natively (AVX-512-BF16, which CPUs with AMX have too).
bool has_bf16();
/// Whether it does so on AMX tiles, and the operating system lets this process use them (asked once
/// a process).
bool has_amx();
/// Whether it multiplies 8-bit integers natively, in vectors of 256 or of 512 bits.
bool has_avx_vnni();
bool has_avx512_vnni();
/// Applies the cap to Highway; called by everything that chooses a kernel. Throws Error
/// on an unknown value.
void apply_isa_cap();
/// "this CPU has AMX, but ..." where the operating system refuses it; else empty.
std::string amx_refusal();
/// The vector instruction sets found: "avx2 fma avx512f avx512_bf16".
std::string cpu_features();

}  // namespace evax::engine
