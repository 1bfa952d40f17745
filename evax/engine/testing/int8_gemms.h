#pragma once

#include <string>
#include <vector>

#include "evax/engine/testing/targets.h"

namespace evax::engine::testing {

struct NamedGemm {
  std::string name;
  const kernel::Gemm* gemm;
};

/// The int8 products for activations in float32 that this CPU runs, those of AMX on emulated tiles
/// among them.
inline std::vector<NamedGemm> all_int8_gemms() {
  std::vector<NamedGemm> all;
  for_each_target([&] {
    const kernel::Gemm& gemm = kernel::gemm_int8();
    if (all.empty() || all.back().gemm != &gemm) all.push_back({gemm.name, &gemm});
  });
  all.push_back({"emulated AMX", &emulated_amx_int8()});
#if HWY_ARCH_X86
  if (has_avx_vnni()) all.push_back({"AVX-VNNI", &kernel::gemm_int8_avx_vnni()});
  if (has_avx512_vnni()) all.push_back({"AVX-512-VNNI", &kernel::gemm_int8_vnni()});
  if (has_amx()) all.push_back({"AMX", &kernel::gemm_int8_amx()});
#endif
  return all;
}

}  // namespace evax::engine::testing
