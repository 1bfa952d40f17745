// SiLU and GELU in float32, as exact as results in Type (F32 or Bf16) need. Included once for each
// instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_ACTIVATION_INL_H_
#undef EVAX_ENGINE_KERNELS_ACTIVATION_INL_H_
#else
#define EVAX_ENGINE_KERNELS_ACTIVATION_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// x / (1 + e^-x)
template <class Type>
HWY_INLINE Vector silu(Vector x) {
  const Floats d;
  return Type::divide(x, hn::Add(hn::Set(d, 1.0F), Type::exponential(hn::Neg(x))));
}

/// x Phi(x) with the normal distribution's Phi: the GELU with erf, in F32 within 5e-7. The upper
/// tail Phi(-|x|) is a polynomial in 1 / (1 + p |x|) times e^(-x^2 / 2) (Abramowitz and
/// Stegun 7.1.26), so that nothing cancels for negative x.
template <class Type>
HWY_INLINE Vector gelu(Vector x) {
  using Arithmetic = typename Type::Arithmetic;
  const Floats d;
  const Vector one = hn::Set(d, 1.0F);
  const Vector t = Type::divide(
      one, Arithmetic::multiply_add(hn::Abs(x), hn::Set(d, 0.3275911F * 0.70710678F), one));
  Vector p = hn::Set(d, 0.5F * 1.061405429F);
  p = Arithmetic::multiply_add(p, t, hn::Set(d, 0.5F * -1.453152027F));
  p = Arithmetic::multiply_add(p, t, hn::Set(d, 0.5F * 1.421413741F));
  p = Arithmetic::multiply_add(p, t, hn::Set(d, 0.5F * -0.284496736F));
  p = Arithmetic::multiply_add(p, t, hn::Set(d, 0.5F * 0.254829592F));
  const Vector bell = Type::exponential(hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5F)));
  const Vector tail = hn::Mul(hn::Mul(p, t), bell);
  return hn::Mul(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail)));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
