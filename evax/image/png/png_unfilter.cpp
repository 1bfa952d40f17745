#include "evax/image/png/png_unfilter.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/image/png/png_unfilter.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "evax/image/resize/transpose_inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::image::HWY_NAMESPACE {
namespace {

using png::Filter;
namespace hn = hwy::HWY_NAMESPACE;

// The Paeth predictor: of left, up and upper left the one nearest to left + up - corner. Written
// with a minimum and a maximum, which is the same choice in a shorter chain of dependent steps.
inline int paeth(int left, int up, int corner) {
  const int low = std::min(left, up);
  const int high = std::max(left, up);
  const int threshold = 3 * corner - (left + up);
  const int upper = high <= threshold ? low : corner;
  return threshold <= low ? high : upper;
}

template <size_t distance>
void unfilter_sub(const uint8_t* in, uint8_t* out, size_t bytes) {
  std::array<uint8_t, distance> left{};
  for (size_t i = 0; i + distance <= bytes; i += distance)
    for (size_t k = 0; k < distance; ++k)
      out[i + k] = left[k] = static_cast<uint8_t>(in[i + k] + left[k]);
}

template <size_t distance>
void unfilter_average(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t bytes) {
  std::array<uint8_t, distance> left{};
  for (size_t i = 0; i + distance <= bytes; i += distance)
    for (size_t k = 0; k < distance; ++k)
      out[i + k] = left[k] = static_cast<uint8_t>(in[i + k] + ((left[k] + above[i + k]) >> 1));
}

template <size_t distance>
void unfilter_paeth(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t bytes) {
  std::array<int, distance> left{};
  std::array<int, distance> corner{};
  for (size_t i = 0; i + distance <= bytes; i += distance)
    for (size_t k = 0; k < distance; ++k) {
      const int up = above[i + k];
      left[k] = (in[i + k] + paeth(left[k], up, corner[k])) & 0xFF;
      corner[k] = up;
      out[i + k] = static_cast<uint8_t>(left[k]);
    }
}

template <size_t distance>
void unfilter_line(const uint8_t* filtered, const uint8_t* above, uint8_t* out, size_t bytes) {
  const uint8_t* in = filtered + 1;
  switch (static_cast<Filter>(filtered[0])) {
    case Filter::none: std::memcpy(out, in, bytes); break;
    case Filter::sub: unfilter_sub<distance>(in, out, bytes); break;
    case Filter::up:
      for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(in[i] + above[i]);
      break;
    case Filter::average: unfilter_average<distance>(in, above, out, bytes); break;
    case Filter::paeth: unfilter_paeth<distance>(in, above, out, bytes); break;
  }
}

#if EVAX_IMAGE_HAVE_TILES
// The predictors of sixteen lines at a time, one line per byte: every line keeps its own filter.
class Predictors {
 public:
  explicit Predictors(const uint8_t* filters) {
    const TileTag d;
    const TileRow kinds = hn::LoadU(d, filters);
    const auto is = [&](Filter filter) HWY_ATTR {
      return hn::VecFromMask(d, hn::Eq(kinds, hn::Set(d, static_cast<uint8_t>(filter))));
    };
    sub_ = is(Filter::sub);
    up_ = is(Filter::up);
    average_ = is(Filter::average);
    paeth_ = is(Filter::paeth);
  }

  HWY_INLINE TileRow operator()(TileRow left, TileRow up, TileRow corner) const {
    const TileRow simple = hn::Or(hn::And(sub_, left), hn::And(up_, up));
    const TileRow average = hn::And(average_, floor_average(left, up));
    return hn::Or(hn::Or(simple, average), hn::And(paeth_, nearest(left, up, corner)));
  }

 private:
  static HWY_INLINE TileRow floor_average(TileRow a, TileRow b) {
    const TileTag d;
    return hn::Sub(hn::AverageRound(a, b), hn::And(hn::Xor(a, b), hn::Set(d, 1)));
  }

  // Paeth's choice without leaving 8 bits. With low <= high the two neighbours, the prediction
  // low + high - corner is high - corner away from low, corner - low from high, and the difference
  // of the two from corner. Saturation gives the right answer where corner is not between them.
  static HWY_INLINE TileRow nearest(TileRow left, TileRow up, TileRow corner) {
    const TileRow low = hn::Min(left, up);
    const TileRow high = hn::Max(left, up);
    const TileRow to_low = hn::SaturatedSub(high, corner);
    const TileRow to_high = hn::SaturatedSub(corner, low);
    const TileRow to_corner =
        hn::Or(hn::SaturatedSub(to_low, to_high), hn::SaturatedSub(to_high, to_low));
    const auto take_high = hn::Eq(hn::Min(to_high, to_corner), to_high);
    const auto take_low = hn::Eq(hn::Min(to_low, hn::Min(to_high, to_corner)), to_low);
    return hn::IfThenElse(take_low, low, hn::IfThenElse(take_high, high, corner));
  }

  TileRow sub_, up_, average_, paeth_;
};

// Sixteen lines as a wave front: line i runs i pixels behind line i - 1, so that at every step all
// sixteen have what they need, and a step takes no longer than the scalar code takes for one byte.
template <size_t distance>
class WaveFront {
 public:
  explicit WaveFront(size_t bytes) : bytes_(bytes), scratch_((tile + 1) * stride()) {}

  void unfilter(const uint8_t* filtered, const uint8_t* above, uint8_t* out) {
    uint8_t filters[tile];
    std::memcpy(line(0), above, bytes_);
    for (size_t i = 0; i < tile; ++i) {
      filters[i] = filtered[i * (bytes_ + 1)];
      std::memcpy(line(i + 1), filtered + i * (bytes_ + 1) + 1, bytes_);
    }
    run(Predictors(filters));
    for (size_t i = 0; i < tile; ++i) std::memcpy(out + i * bytes_, line(i + 1), bytes_);
  }

 private:
  static constexpr size_t lag = (tile - 1) * distance;  // of the last line

  // Columns left of the picture are zero and stay so; those right of it hold nothing of meaning.
  size_t stride() const { return lag + bytes_ + lag + tile; }
  uint8_t* line(size_t i) { return scratch_.data() + i * stride() + lag; }

  HWY_INLINE void run(const Predictors& predict) {
    const TileTag d;
    TileRow left[distance], up[distance];
    for (size_t i = 0; i < distance; ++i) left[i] = up[i] = hn::Zero(d);
    size_t slot = 0;
    for (size_t column = 0; column < bytes_ + lag; column += tile) {
      TileRow steps[tile];
      for (size_t i = 0; i < tile; ++i)
        steps[i] = hn::LoadU(d, line(i + 1) + column - i * distance);
      transpose_tile(steps);
      for (size_t s = 0; s < tile; ++s) {
        // The byte above is what the line before made `distance` steps ago.
        const TileRow first = hn::Set(d, line(0)[column + s]);
        const TileRow above = hn::CombineShiftRightBytes<tile - 1>(d, left[slot], first);
        steps[s] = hn::Add(steps[s], predict(left[slot], above, up[slot]));
        left[slot] = steps[s];
        up[slot] = above;
        slot = slot + 1 == distance ? 0 : slot + 1;
      }
      transpose_tile(steps);
      for (size_t i = 0; i < tile; ++i)
        hn::StoreU(steps[i], d, line(i + 1) + column - i * distance);
    }
  }

  size_t bytes_;
  std::vector<uint8_t> scratch_;
};

// Lines without a filter or with `up` have no chain of dependent bytes to break.
bool has_chains(const uint8_t* filtered, size_t bytes) {
  for (size_t i = 0; i < tile; ++i) {
    const auto filter = static_cast<Filter>(filtered[i * (bytes + 1)]);
    if (filter != Filter::none && filter != Filter::up) return true;
  }
  return false;
}
#endif

template <size_t distance>
void unfilter_lines(const uint8_t* filtered, const uint8_t* above, uint8_t* out, size_t lines,
                    size_t bytes) {
  size_t done = 0;
  const auto next = [&](size_t count) {
    filtered += count * (bytes + 1);
    out += count * bytes;
    above = out - bytes;
    done += count;
  };
#if EVAX_IMAGE_HAVE_TILES
  if (lines >= tile) {
    WaveFront<distance> wave(bytes);
    while (done + tile <= lines) {
      if (has_chains(filtered, bytes)) {
        wave.unfilter(filtered, above, out);
        next(tile);
      } else {
        unfilter_line<distance>(filtered, above, out, bytes);
        next(1);
      }
    }
  }
#endif
  while (done < lines) {
    unfilter_line<distance>(filtered, above, out, bytes);
    next(1);
  }
}

void unfilter(const uint8_t* filtered, const uint8_t* above, uint8_t* out, size_t lines,
              size_t bytes, size_t distance) {
  switch (distance) {
    case 1: return unfilter_lines<1>(filtered, above, out, lines, bytes);
    case 2: return unfilter_lines<2>(filtered, above, out, lines, bytes);
    case 3: return unfilter_lines<3>(filtered, above, out, lines, bytes);
    case 4: return unfilter_lines<4>(filtered, above, out, lines, bytes);
    case 6: return unfilter_lines<6>(filtered, above, out, lines, bytes);
    case 8: return unfilter_lines<8>(filtered, above, out, lines, bytes);
    default: throw std::logic_error("png: no such filter distance");
  }
}

}  // namespace
}  // namespace evax::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::image {

HWY_EXPORT(unfilter);

void png::unfilter(const uint8_t* filtered, const uint8_t* above, uint8_t* out, size_t lines,
                   size_t bytes, size_t distance) {
  HWY_DYNAMIC_DISPATCH(unfilter)(filtered, above, out, lines, bytes, distance);
}

}  // namespace evax::image
#endif
