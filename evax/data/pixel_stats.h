#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::data {

/// Values and sizes of all pictures of a list.
struct PixelStats {
  int channels =
      1;  // 3 when any picture has colour; a grey one then counts as three equal channels
  std::array<double, 3> mean{};  // of all pixels, scaled to [0, 1]; `channels` of them
  std::array<double, 3> std{};
  std::map<std::array<int, 2>, size_t> sizes;                   // width, height -> pictures
  std::vector<std::pair<std::string, std::string>> unreadable;  // path and reason
};

/// Opens every image on `threads` threads, with a progress bar. The figures come from exact counts,
/// so they do not depend on the number of threads.
PixelStats pixel_stats(const Dataset& dataset, size_t threads);

}  // namespace evax::data
