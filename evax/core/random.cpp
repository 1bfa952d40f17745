#include "evax/core/random.h"

#include <cmath>
#include <numbers>

namespace evax {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t multiplier_0 = 0xD2511F53;
  constexpr uint64_t multiplier_1 = 0xCD9E8D57;
  constexpr uint32_t weyl_0 = 0x9E3779B9;
  constexpr uint32_t weyl_1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product_0 = multiplier_0 * counter[0];
    const uint64_t product_1 = multiplier_1 * counter[2];
    counter = {static_cast<uint32_t>(product_1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product_1),
               static_cast<uint32_t>(product_0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product_0)};
    key[0] += weyl_0;
    key[1] += weyl_1;
  }
  return counter;
}

Random::Random(uint64_t seed, uint32_t epoch, uint32_t sample, Draw operation)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
      counter_{0, static_cast<uint32_t>(operation), epoch, sample} {}

uint32_t Random::bits() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

double Random::uniform() {
  const uint64_t high = bits() >> 5;
  const uint64_t low = bits() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

int64_t Random::integer(int64_t low, int64_t high) {
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const auto draw = [this] {
    const uint64_t upper = bits();
    return (upper << 32) | bits();
  };
  if (range == 0) return static_cast<int64_t>(draw());
  const uint64_t rejected = (0 - range) % range;  // 2^64 mod range
  uint64_t value = draw();
  while (value < rejected) value = draw();
  return static_cast<int64_t>(static_cast<uint64_t>(low) + value % range);
}

double Random::normal(double mean, double std) {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return mean + std * radius * std::cos(2 * std::numbers::pi * uniform());
}

double Random::gamma(double shape) {
  if (shape < 1) return gamma(shape + 1) * std::pow(1 - uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(0, 1);
    const double cube = std::pow(1 + c * x, 3);
    if (cube > 0 && std::log(1 - uniform()) < 0.5 * x * x + d - d * cube + d * std::log(cube))
      return d * cube;
  }
}

double Random::beta(double a, double b) {
  const double x = gamma(a);
  return x / (x + gamma(b));
}

}  // namespace evax
