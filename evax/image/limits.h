#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "evax/core/memory_reservation.h"

namespace evax::image {

/// Throws Error when the picture is empty or has more than max_pixels (read.h).
void check_pixels(std::string_view name, uint64_t width, uint64_t height);

/// Waits for room for what reading an image holds at a time: the file, what it unpacks to and the
/// picture. Called before the memory is taken. Throws Error when it is more than the budget.
[[nodiscard]] MemoryReservation reserve_memory(std::string_view name, uint64_t bytes);

}  // namespace evax::image
