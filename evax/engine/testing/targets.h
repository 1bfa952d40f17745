#pragma once

#include <hwy/targets.h>

#include <algorithm>
#include <string>
#include <vector>

#include "evax/engine/cpu.h"
#include "evax/engine/kernels/kernels.h"

namespace evax::engine::testing {

struct NamedKernels {
  std::string name;
  Kernels kernels;
};

/// The kernels of every instruction set that this CPU runs, and bf16 where it has it.
inline std::vector<NamedKernels> all_kernels() {
  apply_isa_cap();
  std::vector<NamedKernels> all;
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    const Kernels kernels = select_kernels(Precision::fp32);
    // Targets that were not compiled fall back to others.
    const bool seen = std::any_of(all.begin(), all.end(), [&](const NamedKernels& known) {
      return known.kernels.gemm == kernels.gemm;
    });
    if (!seen) all.push_back({kernels.gemm->name, kernels});
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  if (has_bf16()) all.push_back({"bf16", select_kernels(Precision::bf16)});
  return all;
}

inline std::vector<std::string> names_of(const std::vector<NamedKernels>& all) {
  std::vector<std::string> names;
  for (const NamedKernels& kernels : all) names.push_back(kernels.name);
  return names;
}

}  // namespace evax::engine::testing
