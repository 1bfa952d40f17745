#include <ATen/ATen.h>

#include "evax/core/random.h"
#include "evax/nn/network.h"

namespace evax::nn {

at::Tensor drop_path_factors(const NetworkOptions& options, int depth, uint64_t seed,
                             uint32_t epoch, const std::vector<uint32_t>& samples) {
  at::Tensor factors = at::empty({static_cast<int64_t>(samples.size()), 2 * depth});
  auto* next = factors.mutable_data_ptr<float>();
  for (const uint32_t sample : samples) {
    Random random(seed, epoch, sample, Draw::drop_path);
    for (int branch = 0; branch < 2 * depth; ++branch) {
      const int block = branch / 2;
      const double rate = depth > 1 ? options.drop_path * block / (depth - 1) : 0;
      *next++ = random.chance(rate) ? 0.0F : static_cast<float>(1 / (1 - rate));
    }
  }
  return factors;
}

}  // namespace evax::nn
