#include <ATen/ATen.h>

#include "evax/core/random.h"
#include "evax/nn/network.h"

namespace evax::nn {
namespace {

float draw_factor(Random& random, double rate) {
  return random.chance(rate) ? 0.0F : static_cast<float>(1 / (1 - rate));
}

at::Tensor dropout_factors(double rate, int channels, uint64_t seed, uint32_t epoch,
                           const std::vector<uint32_t>& samples) {
  at::Tensor factors = at::empty({static_cast<int64_t>(samples.size()), channels});
  auto* next = factors.mutable_data_ptr<float>();
  for (const uint32_t sample : samples) {
    Random random(seed, epoch, sample, Draw::dropout);
    for (int channel = 0; channel < channels; ++channel) *next++ = draw_factor(random, rate);
  }
  return factors;
}

}  // namespace

at::Tensor drop_path_factors(const NetworkOptions& options, int depth, uint64_t seed,
                             uint32_t epoch, const std::vector<uint32_t>& samples) {
  at::Tensor factors = at::empty({static_cast<int64_t>(samples.size()), 2 * depth});
  auto* next = factors.mutable_data_ptr<float>();
  for (const uint32_t sample : samples) {
    Random random(seed, epoch, sample, Draw::drop_path);
    for (int branch = 0; branch < 2 * depth; ++branch) {
      const int block = branch / 2;
      const double rate = depth > 1 ? options.drop_path * block / (depth - 1) : 0;
      *next++ = draw_factor(random, rate);
    }
  }
  return factors;
}

at::Tensor keep_factors(const Network& network, uint64_t seed, uint32_t epoch,
                        const std::vector<uint32_t>& samples) {
  const weights::ModelConfig& config = network.config();
  const at::Tensor paths = drop_path_factors(network.options(), config.depth, seed, epoch, samples);
  if (!config.decoder) return paths;
  return at::cat({paths, dropout_factors(network.options().dropout, config.decoder->channels, seed,
                                         epoch, samples)},
                 1);
}

}  // namespace evax::nn
