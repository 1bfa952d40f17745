#pragma once

#include <array>
#include <cstdint>

namespace evax::image {

using Rgb = std::array<uint8_t, 3>;

/// matplotlib's perceptually uniform map viridis (CC0), dark violet at 0 to yellow at 1, within 6
/// levels. Values beyond and NaN take the nearest end, NaN the lower.
Rgb viridis(double value);

}  // namespace evax::image
