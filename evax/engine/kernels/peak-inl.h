// How fast this CPU multiplies and adds when nothing else is in the way (peak.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_PEAK_INL_H_
#undef EVAX_ENGINE_KERNELS_PEAK_INL_H_
#else
#define EVAX_ENGINE_KERNELS_PEAK_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// `steps` times the multiply-adds of a tile, on values that stay in registers; returns the number
/// of operations. Independent sums hide the latency, as in a product.
template <class Type>
double burn(size_t steps) {
  typename Type::T zeros[panel] = {};
  auto value = Type::broadcast_last(zeros);
  Tile<max_rows> tile;
  for (auto& row : tile.sum) row[0] = row[1] = hn::Zero(Floats());
  for (size_t i = 0; i < steps; ++i) {
    for (auto& row : tile.sum)
      for (auto& sum : row) sum = Type::multiply_add(value, value, sum);
    asm volatile("" : "+x"(value));  // the compiler must not know it is still 0
  }
  Vector total = hn::Zero(Floats());
  for (auto& row : tile.sum) total = hn::Add(total, hn::Add(row[0], row[1]));
  const bool kept = hn::GetLane(hn::SumOfLanes(Floats(), total)) == 0.0F;
  return kept ? 2.0 * static_cast<double>(steps * max_rows * panel * Type::step) : 0.0;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
