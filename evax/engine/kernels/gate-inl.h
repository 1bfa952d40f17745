// The gate of SwiGLU there and back (gate.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_GATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_GATE_INL_H_
#undef EVAX_ENGINE_KERNELS_GATE_INL_H_
#else
#define EVAX_ENGINE_KERNELS_GATE_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/exp-inl.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/gate.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

void gate_forward(const float* HWY_RESTRICT halves, size_t hidden, float* HWY_RESTRICT y) {
  const Floats d;
  const auto gated = [&](Vector g, Vector v) { return hn::Mul(silu(d, g), v); };
  const float* values = halves + hidden;
  const size_t whole = hidden / lanes * lanes;
  for (size_t i = 0; i < whole; i += lanes)
    F32::store(gated(F32::load(halves + i), F32::load(values + i)), y + i);
  const size_t rest = hidden - whole;
  if (rest == 0) return;
  F32::store_first(
      rest, gated(F32::load_first(rest, halves + whole), F32::load_first(rest, values + whole)),
      y + whole);
}

void gate_backward(const float* HWY_RESTRICT halves, const float* HWY_RESTRICT d_y, size_t hidden,
                   float* HWY_RESTRICT d_halves) {
  const Floats d;
  const Vector one = hn::Set(d, 1.0F);
  const float* values = halves + hidden;
  float* d_values = d_halves + hidden;
  // With s = 1 / (1 + e^-g): y = g s v, dy/dv = g s, dy/dg = v s (1 + g (1 - s)).
  const auto step = [&](Vector g, Vector v, Vector dy, const auto& store_first,
                        const auto& store_second) {
    const Vector s = hn::Div(one, hn::Add(one, exponential(d, hn::Neg(g))));
    const Vector dys = hn::Mul(dy, s);
    store_first(hn::Mul(hn::Mul(dys, v), hn::MulAdd(g, hn::Sub(one, s), one)));
    store_second(hn::Mul(dys, g));
  };
  const size_t whole = hidden / lanes * lanes;
  for (size_t i = 0; i < whole; i += lanes)
    step(
        F32::load(halves + i), F32::load(values + i), F32::load(d_y + i),
        [&](Vector x) { F32::store(x, d_halves + i); },
        [&](Vector x) { F32::store(x, d_values + i); });
  const size_t rest = hidden - whole;
  if (rest == 0) return;
  step(
      F32::load_first(rest, halves + whole), F32::load_first(rest, values + whole),
      F32::load_first(rest, d_y + whole),
      [&](Vector x) { F32::store_first(rest, x, d_halves + whole); },
      [&](Vector x) { F32::store_first(rest, x, d_values + whole); });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
