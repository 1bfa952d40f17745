#pragma once

#include <cstdint>
#include <optional>

namespace evax::metrics {

/// part / whole; empty where whole is 0: 0/0 is undefined, not 0.
inline std::optional<double> ratio(int64_t part, int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace evax::metrics
