#pragma once

#include <hwy/targets.h>

#include <algorithm>
#include <string>
#include <vector>

#include "evax/engine/cpu.h"
#include "evax/engine/kernels/kernels.h"
#include "evax/engine/testing/emulated_amx.h"

namespace evax::engine::testing {

/// Calls f for every instruction set that Highway was compiled for and this CPU runs, chosen alone.
template <class F>
void for_each_target(const F& f) {
  apply_isa_cap();
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    f();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

struct NamedKernels {
  std::string name;
  Kernels kernels;
};

/// The kernels of every instruction set that this CPU runs, bf16 and AMX where it has them, and
/// those of AMX on emulated tiles.
inline std::vector<NamedKernels> all_kernels() {
  std::vector<NamedKernels> all;
  for_each_target([&] {
    const Kernels kernels = select_kernels(Precision::fp32);
    // Targets that were not compiled fall back to others.
    const bool seen = std::any_of(all.begin(), all.end(), [&](const NamedKernels& known) {
      return known.kernels.gemm == kernels.gemm;
    });
    if (!seen) all.push_back({kernels.gemm->name, kernels});
  });
  all.push_back({"emulated AMX", emulated_amx()});
#if HWY_ARCH_X86
  if (has_bf16()) {
    Kernels kernels = select_kernels(Precision::bf16);
    kernels.gemm = &kernel::gemm_bf16();
    kernels.gemm_int8 = &kernel::gemm_int8_vnni_bf16();
    kernels.attention = &kernel::attention_bf16();
    kernels.attention_gradient = &kernel::attention_gradient_bf16();
    kernels.weight_gradient = nullptr;
    all.push_back({"bf16", kernels});
  }
  if (has_amx()) all.push_back({"AMX", select_kernels(Precision::bf16)});
#endif
  return all;
}

inline std::vector<std::string> names_of(const std::vector<NamedKernels>& all) {
  std::vector<std::string> names;
  for (const NamedKernels& kernels : all) names.push_back(kernels.name);
  return names;
}

}  // namespace evax::engine::testing
