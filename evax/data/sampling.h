#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evax::data {

/// How the draws of an epoch, 0 ... epoch_length - 1, represent samples of the training set.
enum class Sampling {
  all,     // draw i is sample i
  modulo,  // draw i is sample i modulo the size: a fraction repeated to a full epoch (spec C.5)
  chexpert_half,  // draw i is sample r * (size / 20) + i, r of 0 ... 9 drawn again every time: a
                  // twentieth of the data an epoch, all of it from the first half (spec C.5, H 6)
};

/// The sample that draw `draw` of epoch `epoch` represents; `size` is the training set's.
uint32_t sample_of_draw(Sampling sampling, size_t size, uint32_t draw, uint64_t seed,
                        uint32_t epoch);

/// Draws in an epoch of the original's CheXpert sampling.
inline size_t chexpert_epoch_length(size_t size) { return size / 20; }

/// 0 ... size - 1 in the order that numpy.random.seed(seed); numpy.random.shuffle(list) leaves.
std::vector<uint32_t> numpy_shuffle(size_t size, uint32_t seed);

/// Python's random.seed(seed); random.sample(range(size), count).
std::vector<uint32_t> python_sample(size_t size, size_t count, uint32_t seed);

}  // namespace evax::data
