#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evax::metrics {

/// One bin of a reliability diagram.
struct ReliabilityBin {
  double mean_probability = 0, observed = 0;  // of the rows in it
  int64_t count = 0;
};

/// Whether probabilities mean what they say.
struct Calibration {
  std::optional<double> ece;    // expected calibration error, equal-width bins (Guo et al. 2017)
  std::optional<double> brier;  // mean squared error
  std::vector<ReliabilityBin> bins;  // those that are not empty
};

inline constexpr size_t calibration_bins = 15;  // as in Guo et al.

/// Probabilities in [0, 1] against labels (1, 0, NaN does not count). A bin holds (low, high], the
/// first one 0 too. Empty without rows.
Calibration calibrate(std::span<const float> labels, std::span<const double> probabilities);

/// Exclusive classes [rows, classes]: bins hold the probability of the most probable class against
/// whether it is the right one; Brier's score sums over the classes, halved for two
/// (scikit-learn's brier_score_loss).
Calibration calibrate_exclusive(std::span<const float> labels,
                                std::span<const double> probabilities, size_t classes);

}  // namespace evax::metrics
