#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace evax::image::dicom {

using Bytes = std::span<const std::byte>;

/// Unsigned numbers at an offset that the caller has checked.

inline uint8_t u8(Bytes bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

inline uint16_t u16(Bytes bytes, size_t at, bool big_endian) {
  const auto first = u8(bytes, at);
  const auto second = u8(bytes, at + 1);
  return static_cast<uint16_t>(big_endian ? first << 8 | second : second << 8 | first);
}

inline uint32_t u32(Bytes bytes, size_t at, bool big_endian) {
  const uint32_t first = u16(bytes, at, big_endian);
  const uint32_t second = u16(bytes, at + 2, big_endian);
  return big_endian ? first << 16 | second : second << 16 | first;
}

}  // namespace evax::image::dicom
