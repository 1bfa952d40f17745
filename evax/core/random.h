#pragma once

#include <array>
#include <cstdint>
#include <utility>

namespace evax {

/// What a stream of random numbers is for: streams of different operations are independent. The
/// numbers are part of every draw: a changed one changes trainings, splits and intervals.
enum class Draw : uint32_t {
  order = 0,   // of the samples of an epoch
  split = 1,   // of patients into training, validation and test
  subset = 2,  // a fraction of the training set
  label = 3,   // smoothed uncertain labels
  sample = 4,  // which sample replaces another
  crop = 5,    // RandomResizedCrop
  flip = 6,
  auto_augment = 7,  // RandAugment: which operations, magnitudes, signs
  erase = 8,         // random erasing
  mix = 9,           // mixup and cutmix, a stream per batch
  drop_path = 10,
  initialise = 11,  // weights, a stream per parameter
  bootstrap = 12,
  mask = 13,         // patches that pre-training hides
  photometric = 14,  // brightness and contrast of images that are segmented
  dropout = 15,      // channels of a decoder
  affine = 16,       // rotation, zoom and shift of images that are segmented
};

/// Where draws come from: Random, or in a test the recorded draws of another program.
class DrawSource {
 public:
  virtual ~DrawSource() = default;
  virtual double uniform(double low, double high) = 0;
  /// In [low, high], both included.
  virtual int64_t integer(int64_t low, int64_t high) = 0;
};

/// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011). A stream is a pure function of (seed, epoch, sample, operation), so neither
/// worker count nor batch split nor a restart can change what is drawn (design.md, Determinism).
class Random final : public DrawSource {
 public:
  Random(uint64_t seed, uint32_t epoch, uint32_t sample, Draw operation);

  uint32_t bits();
  /// In [0, 1), 53 bits.
  double uniform();
  double uniform(double low, double high) override { return low + (high - low) * uniform(); }
  /// In [low, high], both included; unbiased.
  int64_t integer(int64_t low, int64_t high) override;
  /// Box-Muller.
  double normal(double mean, double std);
  bool chance(double probability) { return uniform() < probability; }
  /// Gamma(shape, 1), Marsaglia and Tsang 2000; Beta(a, b) is x / (x + y) of two of them.
  double gamma(double shape);
  double beta(double a, double b);

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

/// The block function itself: ten rounds of Philox4x32, for its published test vectors.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// Shuffles [first, last) by Fisher and Yates.
template <typename Iterator>
void shuffle(Iterator first, Iterator last, Random& random) {
  for (auto count = last - first; count > 1; --count)
    std::swap(first[count - 1], first[random.integer(0, count - 1)]);
}

}  // namespace evax
