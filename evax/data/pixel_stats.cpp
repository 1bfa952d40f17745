#include "evax/data/pixel_stats.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/core/thread_pool.h"

namespace evax::data {
namespace {

constexpr int levels = 256;
using Histogram = std::array<std::array<uint64_t, levels>, 3>;

// What one thread has seen.
struct Tally {
  Histogram counts{};
  bool colour = false;
  std::map<std::array<int, 2>, size_t> sizes;
  std::vector<std::pair<std::string, std::string>> unreadable;
};

void add(const image::Image& image, Tally& tally) {
  ++tally.sizes[{image.width, image.height}];
  const std::vector<uint8_t>& pixels = image.pixels;
  if (image.channels == 1) {
    std::array<uint64_t, levels> grey{};
    for (const uint8_t pixel : pixels) ++grey[pixel];
    for (auto& channel : tally.counts)
      for (int level = 0; level < levels; ++level) channel[level] += grey[level];
    return;
  }
  for (size_t i = 0; i < pixels.size(); i += 3) {
    for (size_t channel = 0; channel < 3; ++channel) ++tally.counts[channel][pixels[i + channel]];
    tally.colour = tally.colour || pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2];
  }
}

std::pair<double, double> mean_and_std(const std::array<uint64_t, levels>& counts) {
  double total = 0;
  double sum = 0;
  for (int level = 0; level < levels; ++level) {
    total += static_cast<double>(counts[level]);
    sum += static_cast<double>(counts[level]) * level;
  }
  if (total == 0) return {0, 0};
  const double mean = sum / total;
  double squares = 0;
  for (int level = 0; level < levels; ++level)
    squares += static_cast<double>(counts[level]) * (level - mean) * (level - mean);
  return {mean / 255, std::sqrt(squares / total) / 255};
}

}  // namespace

PixelStats pixel_stats(const Dataset& dataset, size_t threads) {
  ThreadPool pool(threads);
  std::vector<Tally> tallies(pool.size());
  Progress progress("looking at images", dataset.size());
  pool.parallel_for(dataset.size(), [&](size_t i, size_t worker) {
    const Sample& sample = dataset.samples[i];
    const std::string error =
        attempt(sample.path, [&] { add(read_image(dataset, sample), tallies[worker]); });
    if (!error.empty()) tallies[worker].unreadable.emplace_back(sample.path, error);
    progress.advance();
  });

  PixelStats stats;
  Histogram counts{};
  for (const Tally& tally : tallies) {
    for (size_t channel = 0; channel < 3; ++channel)
      for (int level = 0; level < levels; ++level)
        counts[channel][level] += tally.counts[channel][level];
    if (tally.colour) stats.channels = 3;
    for (const auto& [size, count] : tally.sizes) stats.sizes[size] += count;
    stats.unreadable.insert(stats.unreadable.end(), tally.unreadable.begin(),
                            tally.unreadable.end());
  }
  std::sort(stats.unreadable.begin(), stats.unreadable.end());
  for (int channel = 0; channel < stats.channels; ++channel)
    std::tie(stats.mean[channel], stats.std[channel]) = mean_and_std(counts[channel]);
  return stats;
}

}  // namespace evax::data
