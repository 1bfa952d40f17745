#pragma once

#include <cstdint>

namespace evax::test {

/// The i-th value of stream p of the fixtures' generator, in [-1, 1): SplitMix64 with seed 0
/// (tests/fixtures/parity/formula_logits.json, `recipe`).
inline double formula_value(uint64_t p, uint64_t i) {
  uint64_t z = ((p << 32) + i + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return 2 * (static_cast<double>(z >> 11) * 0x1p-53) - 1;
}

}  // namespace evax::test
