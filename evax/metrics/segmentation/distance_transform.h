#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evax::metrics {

/// Height and width of a pixel: mm, or 1 for distances in pixels.
struct PixelSize {
  double height = 1, width = 1;
};

/// For each pixel of a mask [height, width] the Euclidean distance between its centre and that of
/// the nearest pixel that is not 0; infinity in an empty mask. Exact (to rounding; in pixels the
/// squares are whole numbers), linear in the number of pixels. Source: Felzenszwalb and
/// Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8, 2012.
std::vector<double> distance_transform(std::span<const uint8_t> mask, size_t height, size_t width,
                                       const PixelSize& size = {});

}  // namespace evax::metrics
