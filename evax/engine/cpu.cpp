#include "evax/engine/cpu.h"

#include <fmt/ranges.h>
#include <hwy/targets.h>
#if HWY_ARCH_X86
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "evax/core/error.h"

namespace evax::engine {
namespace {

enum class Isa { scalar, sse4, avx2, avx_vnni, avx512, avx512_vnni, avx512_bf16, amx, native };

Isa max_isa() {
  static const Isa isa = [] {
    const char* text = std::getenv("EVAX_MAX_ISA");
    if (text == nullptr || *text == '\0') return Isa::native;
    constexpr std::array<std::string_view, 9> names{"scalar",      "sse4",   "avx2",
                                                    "avx_vnni",    "avx512", "avx512_vnni",
                                                    "avx512_bf16", "amx",    "native"};
    const auto* found = std::find(names.begin(), names.end(), text);
    if (found == names.end())
      fail("EVAX_MAX_ISA: expected one of {}, found '{}'", fmt::join(names, ", "), text);
    return static_cast<Isa>(found - names.begin());
  }();
  return isa;
}

// Highway's targets above the cap; on other architectures than x86 there is nothing to cap.
int64_t targets_above([[maybe_unused]] Isa isa) {
  int64_t targets = 0;
#if HWY_ARCH_X86
  if (isa < Isa::avx512) targets |= HWY_AVX3 | HWY_AVX3_DL;
  if (isa < Isa::avx2) targets |= HWY_AVX2;
  if (isa < Isa::sse4) targets |= HWY_SSE4 | HWY_SSSE3;
#endif
  return targets;
}

#if HWY_ARCH_X86

// CPUID leaf 7: AMX-BF16, AMX-TILE and AMX-INT8.
bool cpu_has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1U) != 0 &&
         (d >> 24 & 1U) != 0 && (d >> 25 & 1U) != 0;
}

bool wants_tiles() { return max_isa() >= Isa::amx && has_bf16() && cpu_has_tiles(); }

// Linux gives the 8 KiB of tiles to processes that ask for them; old kernels, some virtual machines
// and containers refuse.
bool may_use_tiles() {
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

#endif

bool runs([[maybe_unused]] int64_t target) { return (hwy::SupportedTargets() & target) != 0; }

}  // namespace

void apply_isa_cap() {
  static const bool applied = [] {
    const Isa isa = max_isa();
    if (isa != Isa::native) hwy::DisableTargets(targets_above(isa));
    return true;
  }();
  static_cast<void>(applied);
}

#if HWY_ARCH_X86

bool has_bf16() { return max_isa() >= Isa::avx512_bf16 && __builtin_cpu_supports("avx512bf16"); }

bool has_avx_vnni() { return max_isa() >= Isa::avx_vnni && __builtin_cpu_supports("avxvnni"); }

bool has_avx512_vnni() {
  return max_isa() >= Isa::avx512_vnni && __builtin_cpu_supports("avx512vnni");
}

bool has_amx() {
  static const bool usable = wants_tiles() && may_use_tiles();
  return usable;
}

std::string amx_refusal() {
  if (!wants_tiles() || has_amx()) return "";
  return "this CPU has AMX, but the operating system does not let this process use it";
}

std::string cpu_features() {
  apply_isa_cap();
  std::vector<std::string_view> names{"sse2"};
  if (runs(HWY_SSE4)) names.push_back("sse4");
  if (runs(HWY_AVX2)) names.push_back("avx2 fma");
  if (has_avx_vnni()) names.push_back("avx_vnni");
  if (runs(HWY_AVX3)) names.push_back("avx512f avx512bw avx512dq avx512vl");
  if (has_avx512_vnni()) names.push_back("avx512_vnni");
  if (has_bf16()) names.push_back("avx512_bf16");
  if (has_amx()) names.push_back("amx_bf16 amx_int8");
  return fmt::format("{}", fmt::join(names, " "));
}

#else

bool has_bf16() { return false; }
bool has_avx_vnni() { return false; }
bool has_avx512_vnni() { return false; }
bool has_amx() { return false; }
std::string amx_refusal() { return ""; }
std::string cpu_features() { return "neon"; }

#endif

}  // namespace evax::engine
