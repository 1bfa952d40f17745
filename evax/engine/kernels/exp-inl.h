// Exponential of float32 vectors.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_EXP_INL_H_
#undef EVAX_ENGINE_KERNELS_EXP_INL_H_
#else
#define EVAX_ENGINE_KERNELS_EXP_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

// How a multiply-add rounds: once where the instruction set has that, or twice on every one.
struct Fused {
  static HWY_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    return hn::MulAdd(a, b, c);
  }
  static HWY_INLINE Vector negative_multiply_add(Vector a, Vector b, Vector c) {
    return hn::NegMulAdd(a, b, c);
  }
};
/// In files compiled without contraction of expressions (CMakeLists.txt).
struct Separate {
  static HWY_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    return hn::Add(hn::Mul(a, b), c);
  }
  static HWY_INLINE Vector negative_multiply_add(Vector a, Vector b, Vector c) {
    return hn::Sub(c, hn::Mul(a, b));
  }
};

/// e^x within 2 ulp for x in [-87, 88]; x is clamped to that range. x = n ln 2 + r, |r| <= ln 2 /
/// 2; the polynomial for e^r has Cephes' minimax coefficients (expf).
template <class Arithmetic>
HWY_INLINE Vector exponential(Vector x) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  x = hn::Min(hn::Max(x, hn::Set(d, -87.0F)), hn::Set(d, 88.0F));
  const Vector n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896341F)));
  // ln 2 in two parts, so that n times the first is exact.
  Vector r = Arithmetic::negative_multiply_add(n, hn::Set(d, 0.693359375F), x);
  r = Arithmetic::negative_multiply_add(n, hn::Set(d, -2.12194440e-4F), r);
  Vector p = hn::Set(d, 1.9875691500e-4F);
  p = Arithmetic::multiply_add(p, r, hn::Set(d, 1.3981999507e-3F));
  p = Arithmetic::multiply_add(p, r, hn::Set(d, 8.3334519073e-3F));
  p = Arithmetic::multiply_add(p, r, hn::Set(d, 4.1665795894e-2F));
  p = Arithmetic::multiply_add(p, r, hn::Set(d, 1.6666665459e-1F));
  p = Arithmetic::multiply_add(p, r, hn::Set(d, 5.0000001201e-1F));
  p = hn::Add(Arithmetic::multiply_add(hn::Mul(r, r), p, r), hn::Set(d, 1.0F));
  const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(di, n));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
