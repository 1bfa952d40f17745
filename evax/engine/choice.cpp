#include "evax/engine/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "evax/engine/cpu.h"
#include "evax/engine/kernels/kernels.h"

namespace evax::engine {
namespace {

// A few microseconds of multiply-adds in registers.
double operations_per_second(const kernel::Gemm& gemm) {
  constexpr size_t steps = 500;
  const auto start = std::chrono::steady_clock::now();
  const double operations = gemm.burn(steps);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return operations / time.count();
}

// How many times as fast as float32 bf16 is, in the least of three tries.
double bf16_gain() {
  const kernel::Gemm& fp32 = *select_kernels(Precision::fp32).gemm;
  const kernel::Gemm& bf16 = *select_kernels(Precision::bf16).gemm;
  double least = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    const double gain = operations_per_second(bf16) / operations_per_second(fp32);
    // The first one only wakes the vector units.
    if (attempt > 0) least = attempt == 1 ? gain : std::min(least, gain);
  }
  return least;
}

PrecisionChoice choose() {
  constexpr double worth_it = 1.2;
  if (has_amx()) return {Precision::bf16, "bf16, on AMX tiles"};
  if (!has_bf16()) return {Precision::fp32, "fp32, this CPU does not multiply bf16"};
  if (bf16_gain() >= worth_it) return {Precision::bf16, "bf16, faster than fp32 on this CPU"};
  return {Precision::fp32, "fp32, AVX-512-BF16 is not faster on this CPU"};
}

}  // namespace

const PrecisionChoice& automatic_precision() {
  static const PrecisionChoice choice = choose();
  return choice;
}

}  // namespace evax::engine
