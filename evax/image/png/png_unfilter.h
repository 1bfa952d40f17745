#pragma once

#include <cstddef>
#include <cstdint>

namespace evax::image::png {

enum class Filter : uint8_t { none, sub, up, average, paeth };

/// Undoes the filters of `lines` scanlines, each a byte of enum Filter and `bytes` bytes; results
/// are `bytes` apart in `out`. `above` is the unfiltered line above the first (zeros at the top),
/// `distance` how far a filter looks to the left: 1, 2, 3, 4, 6 or 8 bytes. Throws std::logic_error
/// for another distance; the caller has checked the filter bytes. Source: PNG specification,
/// section 9.
void unfilter(const uint8_t* filtered, const uint8_t* above, uint8_t* out, size_t lines,
              size_t bytes, size_t distance);

}  // namespace evax::image::png
