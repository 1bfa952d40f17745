// Float32 layer normalisation, one source for every instruction set.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/engine/kernels/layer_norm_f32.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <cmath>

#include "evax/engine/kernels/layer_norm.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

// Sum over i of f(i, mask of the lanes below width).
template <class F>
HWY_INLINE float sum(size_t width, const F& f) {
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  const size_t whole = width / lanes * lanes;
  Vector total = hn::Zero(d);
  for (size_t i = 0; i < whole; i += lanes) total = hn::Add(total, f(i, hn::FirstN(d, lanes)));
  if (whole < width) total = hn::Add(total, f(whole, hn::FirstN(d, width - whole)));
  return hn::GetLane(hn::SumOfLanes(d, total));
}

void normalise_row(const float* x, float* y, const LayerNormCall& call) {
  const Floats d;
  const auto width = static_cast<float>(call.width);
  const float mean =
      sum(call.width, [&](size_t i, auto mask) { return hn::MaskedLoad(mask, d, x + i); }) / width;
  const float variance = sum(call.width,
                             [&](size_t i, auto mask) {
                               const Vector difference = hn::IfThenElseZero(
                                   mask, hn::Sub(hn::MaskedLoad(mask, d, x + i), hn::Set(d, mean)));
                               return hn::Mul(difference, difference);
                             }) /
                         width;
  const float inverse = 1.0F / std::sqrt(variance + 1e-6F);
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < call.width; i += lanes) {
    const auto mask = hn::FirstN(d, call.width - i);
    const Vector centred = hn::Sub(hn::MaskedLoad(mask, d, x + i), hn::Set(d, mean));
    const Vector value =
        hn::MulAdd(hn::Mul(centred, hn::Set(d, inverse)), hn::MaskedLoad(mask, d, call.weight + i),
                   hn::MaskedLoad(mask, d, call.bias + i));
    hn::BlendedStore(value, mask, d, y + i);
  }
}

void normalise(const LayerNormCall& call) {
  for (size_t row = 0; row < call.rows; ++row)
    normalise_row(static_cast<const float*>(call.x) + row * call.x_stride,
                  static_cast<float*>(call.y) + row * call.y_stride, call);
}

const LayerNormKernel& table() {
  static const LayerNormKernel layer_norm{normalise, normalise};
  return layer_norm;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::engine::kernel {
HWY_EXPORT(table);
const LayerNormKernel& layer_norm_f32() { return HWY_DYNAMIC_DISPATCH(table)(); }
}  // namespace evax::engine::kernel
#endif
