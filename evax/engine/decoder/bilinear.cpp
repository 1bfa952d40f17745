#include "evax/engine/decoder/bilinear.h"

#include <algorithm>

namespace evax::engine {

std::vector<BilinearSample> bilinear_samples(size_t from, size_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<BilinearSample> samples;
  for (size_t i = 0; i < to; ++i) {
    const float at = std::max(0.0F, (static_cast<float>(i) + 0.5F) * scale - 0.5F);
    const size_t low = std::min(static_cast<size_t>(at), from - 1);
    const float high_weight = std::min(1.0F, at - static_cast<float>(low));
    samples.push_back({low, std::min(low + 1, from - 1), 1 - high_weight, high_weight});
  }
  return samples;
}

}  // namespace evax::engine
