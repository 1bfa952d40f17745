// Compiled once per instruction set, inside a file that includes hwy/foreach_target.h.
#if defined(EVAX_IMAGE_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_IMAGE_TRANSPOSE_INL_H
#undef EVAX_IMAGE_TRANSPOSE_INL_H
#else
#define EVAX_IMAGE_TRANSPOSE_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

// Vectors of 16 bytes that an array can hold: not with single-lane code, SVE or RVV.
#undef EVAX_IMAGE_HAVE_TILES
#define EVAX_IMAGE_HAVE_TILES (HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE)

HWY_BEFORE_NAMESPACE();
namespace evax::image::HWY_NAMESPACE {

inline constexpr size_t tile = 16;

#if EVAX_IMAGE_HAVE_TILES
using TileTag = hwy::HWY_NAMESPACE::FixedTag<uint8_t, tile>;
using TileRow = hwy::HWY_NAMESPACE::Vec<TileTag>;

// Four rounds of interleaving rows i and i + 8 rotate the 8 bits of a byte's (row, column) by four.
HWY_INLINE void transpose_tile(TileRow (&rows)[tile]) {
  namespace hn = hwy::HWY_NAMESPACE;
  const TileTag d;
  TileRow other[tile];
  const auto round = [&](const TileRow* from, TileRow* to) HWY_ATTR {
    for (size_t i = 0; i < tile / 2; ++i) {
      to[2 * i] = hn::InterleaveLower(d, from[i], from[i + tile / 2]);
      to[2 * i + 1] = hn::InterleaveUpper(d, from[i], from[i + tile / 2]);
    }
  };
  round(rows, other);
  round(other, rows);
  round(rows, other);
  round(other, rows);
}
#endif

}  // namespace evax::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
