#include "evax/weights/rope.h"

#include <array>
#include <cmath>

namespace evax::weights {
namespace {

constexpr int bands = 16;
constexpr int channels = 4 * bands;  // two axes, two neighbouring channels for each band

std::array<float, bands> band_frequencies() {
  std::array<float, bands> frequencies{};
  for (int j = 0; j < bands; ++j)
    frequencies[static_cast<size_t>(j)] =
        1.0F / std::pow(10000.0F, static_cast<float>(j) / static_cast<float>(bands));
  return frequencies;
}

}  // namespace

RopeTables rope_tables(int grid, int ref_grid) {
  const auto frequencies = band_frequencies();
  const auto position = [&](int i) {
    return static_cast<float>(i) / static_cast<float>(grid) * static_cast<float>(ref_grid);
  };
  RopeTables tables;
  const size_t size = static_cast<size_t>(grid) * static_cast<size_t>(grid) * channels;
  tables.cos.reserve(size);
  tables.sin.reserve(size);
  for (int row = 0; row < grid; ++row)
    for (int column = 0; column < grid; ++column)
      for (const int i : {row, column})
        for (const float frequency : frequencies) {
          const float angle = position(i) * frequency;
          tables.cos.insert(tables.cos.end(), 2, std::cos(angle));
          tables.sin.insert(tables.sin.end(), 2, std::sin(angle));
        }
  return tables;
}

}  // namespace evax::weights
