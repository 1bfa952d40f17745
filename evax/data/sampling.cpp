#include "evax/data/sampling.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <random>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "evax/core/random.h"

namespace evax::data {
namespace {

// Python seeds its Mersenne twister with the reference code's init_by_array (Matsumoto and
// Nishimura, 2002), which the standard library lacks; the state goes in as text.
std::mt19937 python_twister(uint32_t seed) {
  constexpr uint32_t length = 624;
  std::array<uint32_t, length> state{};
  state[0] = 19650218;
  for (uint32_t i = 1; i < length; ++i)
    state[i] = 1812433253U * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
  uint32_t i = 1;
  const auto advance = [&] {
    if (++i < length) return;
    state[0] = state[length - 1];
    i = 1;
  };
  for (uint32_t k = 0; k < length; ++k, advance())
    state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1664525U)) + seed;
  for (uint32_t k = 1; k < length; ++k, advance())
    state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1566083941U)) - i;
  state[0] = 0x80000000U;

  std::stringstream text;
  for (const uint32_t word : state) text << word << ' ';
  text << length;  // position: the next number makes a new block
  std::mt19937 twister;
  text >> twister;
  return twister;
}

// Below `limit`: as many leading bits as it has, drawn until they are.
uint32_t python_below(std::mt19937& twister, uint32_t limit) {
  const int bits = std::bit_width(limit);
  uint32_t value = limit;
  while (value >= limit) value = static_cast<uint32_t>(twister()) >> (32 - bits);
  return value;
}

}  // namespace

uint32_t sample_of_draw(Sampling sampling, size_t size, uint32_t draw, uint64_t seed,
                        uint32_t epoch) {
  switch (sampling) {
    case Sampling::all: break;
    case Sampling::modulo: return static_cast<uint32_t>(draw % size);
    case Sampling::chexpert_half: {
      Random random(seed, epoch, draw, Draw::subset);
      return static_cast<uint32_t>(
          static_cast<size_t>(random.integer(0, 9)) * chexpert_epoch_length(size) + draw);
    }
  }
  return draw;
}

std::vector<uint32_t> numpy_shuffle(size_t size, uint32_t seed) {
  std::mt19937 twister(seed);
  std::vector<uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (uint32_t last = static_cast<uint32_t>(size); last-- > 1;) {
    const uint32_t mask = std::bit_ceil(last + 1) - 1;  // drawn again until within [0, last]
    uint32_t other = 0;
    do other = static_cast<uint32_t>(twister()) & mask;
    while (other > last);
    std::swap(order[last], order[other]);
  }
  return order;
}

std::vector<uint32_t> python_sample(size_t size, size_t count, uint32_t seed) {
  std::mt19937 twister = python_twister(seed);
  const auto below = [&](size_t limit) {
    return python_below(twister, static_cast<uint32_t>(limit));
  };
  std::vector<uint32_t> chosen;

  // A small share is drawn again where it repeats, a larger one from a shrinking pool; where the
  // one becomes the other is part of what the seed means.
  size_t set_size = 21;
  if (count > 5) {
    size_t power = 1;
    while (power < count * 3) power *= 4;
    set_size += power;
  }
  if (size <= set_size) {
    std::vector<uint32_t> pool(size);
    std::iota(pool.begin(), pool.end(), 0U);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t at = below(size - i);
      chosen.push_back(pool[at]);
      pool[at] = pool[size - i - 1];
    }
    return chosen;
  }
  std::unordered_set<uint32_t> seen;
  while (chosen.size() < count) {
    const uint32_t value = below(size);
    if (seen.insert(value).second) chosen.push_back(value);
  }
  return chosen;
}

}  // namespace evax::data
