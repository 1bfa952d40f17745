#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

namespace evax::image {

/// Appends a warning when pixels are not square: `height` and `width` are those of one pixel in any
/// unit. Numbers that are not above 0 say nothing; a hundredth is rounding.
inline void warn_about_aspect(double height, double width, std::vector<std::string>& warnings) {
  constexpr double rounding = 0.01;
  if (!(height > 0 && width > 0) || std::abs(height / width - 1) <= rounding) return;
  warnings.push_back(
      fmt::format("the pixels are not square but {:.4g} times as high as wide; the image is read "
                  "as if they were square",
                  height / width));
}

}  // namespace evax::image
