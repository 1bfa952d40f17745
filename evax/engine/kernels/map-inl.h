// Arithmetic between feature maps (map.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_MAP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_MAP_INL_H_
#undef EVAX_ENGINE_KERNELS_MAP_INL_H_
#else
#define EVAX_ENGINE_KERNELS_MAP_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/map.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

void blend(const float* HWY_RESTRICT a, float wa, const float* HWY_RESTRICT b, float wb,
           float* HWY_RESTRICT y, size_t count) {
  const Floats d;
  const Vector va = hn::Set(d, wa);
  const Vector vb = hn::Set(d, wb);
  const auto sum = [&](Vector x0, Vector x1, Vector old) {
    return hn::MulAdd(vb, x1, hn::MulAdd(va, x0, old));
  };
  const size_t whole = count / lanes * lanes;
  for (size_t i = 0; i < whole; i += lanes)
    F32::store(sum(F32::load(a + i), F32::load(b + i), F32::load(y + i)), y + i);
  const size_t rest = count - whole;
  if (rest == 0) return;
  F32::store_first(rest,
                   sum(F32::load_first(rest, a + whole), F32::load_first(rest, b + whole),
                       F32::load_first(rest, y + whole)),
                   y + whole);
}

void rectify(float* x, size_t count) {
  const Floats d;
  const size_t whole = count / lanes * lanes;
  for (size_t i = 0; i < whole; i += lanes)
    F32::store(hn::Max(F32::load(x + i), hn::Zero(d)), x + i);
  const size_t rest = count - whole;
  if (rest != 0)
    F32::store_first(rest, hn::Max(F32::load_first(rest, x + whole), hn::Zero(d)), x + whole);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
