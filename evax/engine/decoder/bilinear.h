#pragma once

#include <cstddef>
#include <vector>

namespace evax::engine {

/// Where a coordinate of an enlarged map lies in the small one: between two neighbours.
struct BilinearSample {
  size_t low, high;
  float low_weight, high_weight;
};

/// For each of `to` coordinates, as PyTorch's interpolate with align_corners False.
std::vector<BilinearSample> bilinear_samples(size_t from, size_t to);

}  // namespace evax::engine
