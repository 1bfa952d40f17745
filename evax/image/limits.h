#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace evax::image {

/// What reading one image may hold at a time: the file, what it unpacks to and the picture.
inline constexpr uint64_t max_memory = uint64_t{960} << 20;

/// Throws Error when the picture is empty or has more than max_pixels (read.h).
void check_pixels(std::string_view name, uint64_t width, uint64_t height);

/// Throws Error when `bytes` is more than max_memory; called before the memory is taken.
void check_memory(std::string_view name, uint64_t bytes);

}  // namespace evax::image
