#include "evax/image/resize/affine_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/image/resize/affine_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evax::image::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using I32 = hn::Rebind<int32_t, F64>;
using U8 = hn::Rebind<uint8_t, F64>;
using Reals = hn::Vec<F64>;
using Integers = hn::Vec<I32>;

// The cubic through b (at 0) and c (at 1), in the order of operations whose rounding Pillow has.
HWY_INLINE Reals cubic(Reals b, Reals p2, Reals p3, Reals p4, Reals t) {
  const auto inner = hn::Add(p3, hn::Mul(t, p4));
  return hn::Add(b, hn::Mul(t, hn::Add(p2, hn::Mul(t, inner))));
}

// Along a row: four neighbours in one word, differences exact in integers.
HWY_INLINE Reals cubic_of_word(Integers word, Reals t) {
  const I32 d;
  const F64 df;
  const auto byte = hn::Set(d, 0xFF);
  const auto v1 = hn::And(word, byte);
  const auto v2 = hn::And(hn::ShiftRight<8>(word), byte);
  const auto v3 = hn::And(hn::ShiftRight<16>(word), byte);
  const auto v4 = hn::And(hn::ShiftRight<24>(word), byte);
  const auto left = hn::Sub(v1, v2);
  const auto right = hn::Sub(v3, v4);
  const auto real = [&](Integers v) HWY_ATTR { return hn::PromoteTo(df, v); };
  return cubic(real(v2), real(hn::Sub(v3, v1)), real(hn::Add(hn::Add(left, left), right)),
               real(hn::Sub(hn::Zero(d), hn::Add(left, right))), t);
}

HWY_INLINE Reals cubic_of_reals(Reals v1, Reals v2, Reals v3, Reals v4, Reals t) {
  const F64 d;
  const auto p3 = hn::Sub(hn::Add(hn::Mul(hn::Set(d, 2.0), hn::Sub(v1, v2)), v3), v4);
  const auto p4 = hn::Add(hn::Sub(hn::Sub(v2, v1), v3), v4);
  return cubic(v2, hn::Sub(v3, v1), p3, p4, t);
}

struct Positions {
  Reals x, y;  // of the source
};

// The pixels of a vector; `out` gets `count` of them.
HWY_INLINE void transform_vector(const PaddedPlane& plane, Positions at, uint8_t fill, uint8_t* out,
                                 size_t count) {
  const F64 d;
  const I32 di;
  const U8 d8;
  const auto zero = hn::Zero(d);
  const auto inside = hn::And(hn::And(hn::Ge(at.x, zero), hn::Lt(at.x, hn::Set(d, plane.width))),
                              hn::And(hn::Ge(at.y, zero), hn::Lt(at.y, hn::Set(d, plane.height))));
  const auto empty = hn::Set(d8, fill);
  auto bytes = empty;
  if (!hn::AllFalse(d, inside)) {
    const auto half = hn::Set(d, 0.5);
    // Lanes outside read the corner and are thrown away.
    const auto x = hn::Sub(hn::IfThenElseZero(inside, at.x), half);
    const auto y = hn::Sub(hn::IfThenElseZero(inside, at.y), half);
    const auto left = hn::Floor(x);
    const auto top = hn::Floor(y);
    const auto dx = hn::Sub(x, left);
    const auto dy = hn::Sub(y, top);
    const auto one_left = hn::Set(di, PaddedPlane::margin - 1);
    const auto column = hn::Add(hn::DemoteTo(di, left), one_left);
    const auto row = hn::Add(hn::DemoteTo(di, top), one_left);
    const auto offset = hn::Add(hn::Mul(row, hn::Set(di, plane.stride)), column);
    HWY_ALIGN int32_t offsets[hn::MaxLanes(di)];
    hn::Store(offset, di, offsets);
    const auto line = [&](int k) HWY_ATTR {
      const uint8_t* base = plane.pixels + k * plane.stride;
      HWY_ALIGN int32_t words[hn::MaxLanes(di)];
      for (size_t i = 0; i < hn::Lanes(di); ++i) std::memcpy(words + i, base + offsets[i], 4);
      return cubic_of_word(hn::Load(di, words), dx);
    };
    const auto value = cubic_of_reals(line(0), line(1), line(2), line(3), dy);
    const auto clamped = hn::Min(hn::Max(value, zero), hn::Set(d, 255.0));
    const auto integers = hn::DemoteTo(di, hn::IfThenElse(inside, clamped, hn::Set(d, fill)));
    bytes = hn::DemoteTo(d8, integers);
  }
  if (count == hn::Lanes(d)) return hn::StoreU(bytes, d8, out);
  uint8_t last[hn::MaxLanes(d8)];
  hn::StoreU(bytes, d8, last);
  std::memcpy(out, last, count);
}

void transform_row(const PaddedPlane& plane, const Affine& matrix, int y, uint8_t fill,
                   uint8_t* out) {
  const F64 d;
  const auto lanes = static_cast<int>(hn::Lanes(d));
  const double y_centre = y + 0.5;
  const auto a0 = hn::Set(d, matrix[0]);
  const auto a3 = hn::Set(d, matrix[3]);
  const auto a1 = hn::Set(d, matrix[1] * y_centre);
  const auto a4 = hn::Set(d, matrix[4] * y_centre);
  const auto a2 = hn::Set(d, matrix[2]);
  const auto a5 = hn::Set(d, matrix[5]);
  for (int x = 0; x < plane.width; x += lanes) {
    const auto x_centre = hn::Add(hn::Iota(d, x), hn::Set(d, 0.5));
    const Positions at{hn::Add(hn::Add(hn::Mul(a0, x_centre), a1), a2),
                       hn::Add(hn::Add(hn::Mul(a3, x_centre), a4), a5)};
    const int count = std::min(lanes, plane.width - x);
    transform_vector(plane, at, fill, out + x, static_cast<size_t>(count));
  }
}

}  // namespace
}  // namespace evax::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::image {

HWY_EXPORT(transform_row);

void transform_row(const PaddedPlane& plane, const Affine& matrix, int y, uint8_t fill,
                   uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(transform_row)(plane, matrix, y, fill, out);
}

}  // namespace evax::image
#endif
