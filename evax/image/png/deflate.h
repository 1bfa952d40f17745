#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evax::image {

/// A zlib stream (RFC 1950) of the bytes. `level`: 1, fast, to 12, small.
std::vector<uint8_t> deflate(std::span<const uint8_t> bytes, int level);

}  // namespace evax::image
