#include "evax/metrics/findings/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "evax/metrics/findings/confusion.h"

namespace evax::metrics {

Calibration calibrate(std::span<const float> labels, std::span<const double> probabilities) {
  std::array<ReliabilityBin, calibration_bins> bins;
  double squares = 0;
  int64_t rows = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (std::isnan(labels[i])) continue;
    const double scaled = std::ceil(probabilities[i] * calibration_bins) - 1;
    ReliabilityBin& bin = bins[static_cast<size_t>(std::clamp(scaled, 0., calibration_bins - 1.))];
    bin.mean_probability += probabilities[i];
    bin.observed += labels[i];
    ++bin.count;
    squares += (probabilities[i] - labels[i]) * (probabilities[i] - labels[i]);
    ++rows;
  }
  Calibration calibration;
  if (rows == 0) return calibration;
  double gaps = 0;
  for (ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    gaps += std::abs(bin.mean_probability - bin.observed);
    bin.mean_probability /= static_cast<double>(bin.count);
    bin.observed /= static_cast<double>(bin.count);
    calibration.bins.push_back(bin);
  }
  calibration.ece = gaps / static_cast<double>(rows);
  calibration.brier = squares / static_cast<double>(rows);
  return calibration;
}

Calibration calibrate_exclusive(std::span<const float> labels,
                                std::span<const double> probabilities, size_t classes) {
  const auto truth = true_classes(labels, classes);
  const auto called = most_probable_classes(probabilities, classes);
  std::vector<float> right;
  std::vector<double> confidence;
  double squares = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] < 0) continue;
    const size_t start = row * classes;
    right.push_back(truth[row] == called[row] ? 1 : 0);
    confidence.push_back(probabilities[start + static_cast<size_t>(called[row])]);
    for (size_t i = start; i < start + classes; ++i)
      squares += (probabilities[i] - labels[i]) * (probabilities[i] - labels[i]);
  }
  Calibration calibration = calibrate(right, confidence);
  if (calibration.brier)
    calibration.brier = squares / static_cast<double>(right.size()) / (classes == 2 ? 2 : 1);
  return calibration;
}

}  // namespace evax::metrics
