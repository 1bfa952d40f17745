// Exponential, SiLU and GELU of float32 vectors. Included once for each instruction set.

#if defined(EVAX_ENGINE_KERNELS_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_EXP_INL_H_
#undef EVAX_ENGINE_KERNELS_EXP_INL_H_
#else
#define EVAX_ENGINE_KERNELS_EXP_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// e^x within 2 ulp for x in [-87, 88]; x is clamped to that range. x = n ln 2 + r, |r| <= ln 2 /
/// 2; the polynomial for e^r has Cephes' minimax coefficients (expf).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
  const hn::RebindToSigned<D> di;
  x = hn::Min(hn::Max(x, hn::Set(d, -87.0F)), hn::Set(d, 88.0F));
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896341F)));
  // ln 2 in two parts, so that n times the first is exact.
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375F), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4F), r);
  V p = hn::Set(d, 1.9875691500e-4F);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3F));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3F));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1F));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1F));
  p = hn::Add(hn::MulAdd(hn::Mul(r, r), p, r), hn::Set(d, 1.0F));
  const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(di, n));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

/// x / (1 + e^-x)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V silu(D d, V x) {
  return hn::Div(x, hn::Add(hn::Set(d, 1.0F), exponential(d, hn::Neg(x))));
}

/// x Phi(x) with the normal distribution's Phi: the GELU with erf, within 5e-7. The upper tail
/// Phi(-|x|) is a polynomial in 1 / (1 + p |x|) times e^(-x^2 / 2) (Abramowitz and Stegun 7.1.26),
/// so that nothing cancels for negative x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  const V t = hn::Div(one, hn::MulAdd(hn::Abs(x), hn::Set(d, 0.3275911F * 0.70710678F), one));
  V p = hn::Set(d, 0.5F * 1.061405429F);
  p = hn::MulAdd(p, t, hn::Set(d, 0.5F * -1.453152027F));
  p = hn::MulAdd(p, t, hn::Set(d, 0.5F * 1.421413741F));
  p = hn::MulAdd(p, t, hn::Set(d, 0.5F * -0.284496736F));
  p = hn::MulAdd(p, t, hn::Set(d, 0.5F * 0.254829592F));
  const V tail = hn::Mul(hn::Mul(p, t), exponential(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5F))));
  return hn::Mul(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail)));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
