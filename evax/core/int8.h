#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace evax {

/// Weights in 8 bits: w = code * scale, codes from -127 to 127, one scale for each output channel
/// (row). The scale has 17 significant bits: so code * scale is exact in float32, the row's largest
/// code is 127, and codes made of decoded weights again are the same codes.
inline constexpr float max_int8_code = 127.0F;

/// The scale of a row whose largest magnitude is `largest`: the least of 17 bits that is at least
/// largest / 127; 0 for a row of zeros, or of numbers too small for a normal one.
inline float int8_scale(float largest) {
  constexpr uint32_t dropped = 0x7F;  // of 24 significant bits
  if (largest / max_int8_code < std::numeric_limits<float>::min()) return 0;
  const auto bits = std::bit_cast<uint32_t>(largest / max_int8_code);
  return std::bit_cast<float>((bits + dropped) & ~dropped);
}

}  // namespace evax
