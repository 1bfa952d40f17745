// Layer normalisation (layer_norm.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_LAYER_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_LAYER_NORM_INL_H_
#undef EVAX_ENGINE_KERNELS_LAYER_NORM_INL_H_
#else
#define EVAX_ENGINE_KERNELS_LAYER_NORM_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>

#include "evax/engine/kernels/layer_norm.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// In: F32 (the residual stream) or the activations' type; Out: the activations' type.
template <class In, class Out>
struct LayerNormOf {
  // Sum over i of f(values of x from i on, lanes that count).
  template <class F>
  static HWY_INLINE float sum(const typename In::T* x, size_t width, const F& f) {
    const Floats d;
    const size_t whole = width / lanes * lanes;
    const size_t pairs = whole / (2 * lanes) * (2 * lanes);
    // Two sums: one would wait for itself at every step.
    Vector total = hn::Zero(d), odd = hn::Zero(d);
    for (size_t i = 0; i < pairs; i += 2 * lanes) {
      total = hn::Add(total, f(In::load(x + i)));
      odd = hn::Add(odd, f(In::load(x + i + lanes)));
    }
    total = hn::Add(total, odd);
    if (pairs < whole) total = hn::Add(total, f(In::load(x + pairs)));
    if (whole < width) {
      const auto rest = hn::FirstN(d, width - whole);
      total = hn::Add(total, hn::IfThenElseZero(rest, f(In::load_first(width - whole, x + whole))));
    }
    return hn::GetLane(hn::SumOfLanes(d, total));
  }

  static void normalise_row(const typename In::T* x, typename Out::T* y,
                            const LayerNormCall& call) {
    const Floats d;
    const auto width = static_cast<float>(call.width);
    const Vector mean = hn::Set(d, sum(x, call.width, [](Vector value) { return value; }) / width);
    const float variance = sum(x, call.width,
                               [&](Vector value) {
                                 const Vector centred = hn::Sub(value, mean);
                                 return hn::Mul(centred, centred);
                               }) /
                           width;
    const Vector inverse = hn::Set(d, 1.0F / std::sqrt(variance + 1e-6F));
    const auto normalised = [&](Vector value, Vector weight, Vector bias) {
      return hn::MulAdd(hn::Mul(hn::Sub(value, mean), inverse), weight, bias);
    };
    const size_t whole = call.width / lanes * lanes;
    for (size_t i = 0; i < whole; i += lanes)
      Out::store(normalised(In::load(x + i), F32::load(call.weight + i), F32::load(call.bias + i)),
                 y + i);
    const size_t rest = call.width - whole;
    if (rest != 0)
      Out::store_first(
          rest,
          normalised(In::load_first(rest, x + whole), F32::load_first(rest, call.weight + whole),
                     F32::load_first(rest, call.bias + whole)),
          y + whole);
  }

  static void run(const LayerNormCall& call) {
    for (size_t row = 0; row < call.rows; ++row)
      normalise_row(static_cast<const typename In::T*>(call.x) + row * call.x_stride,
                    static_cast<typename Out::T*>(call.y) + row * call.y_stride, call);
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
