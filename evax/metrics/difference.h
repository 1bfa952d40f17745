#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "evax/metrics/bootstrap.h"

namespace evax::metrics {

/// One figure of two models on the same images. Empty where it is undefined.
struct Difference {
  std::optional<double> a, b;
  std::optional<double> difference;  // b - a
  std::optional<Interval> interval;  // of the difference: 95 %, paired bootstrap
  std::optional<double> p;           // two-sided
};

/// The images on which two models are compared.
struct ComparedImages {
  int64_t images = 0, patients = 0;  // patients: 0 where unknown
  bool by_patient = false;           // what the bootstrap draws
};

/// A model's figures, in a fixed order, on the rows counted multiplicity[row] times each. Called
/// from several threads.
using Figures =
    std::function<std::vector<std::optional<double>>(std::span<const uint32_t> multiplicity)>;

/// Scores both models on all rows and on the same draws of the bootstrap: result[figure], its p by
/// bootstrap_p.
std::vector<Difference> paired_bootstrap(const Clusters& clusters, const Figures& a,
                                         const Figures& b, const BootstrapOptions& options);

/// Two-sided bootstrap p-value of a difference: twice the smaller one of the shares of draws at or
/// below 0 and at or above 0, each (count + 1) / (draws + 1), at most 1. Draws that are NaN are
/// left out; empty when they are more than half.
std::optional<double> bootstrap_p(const std::vector<double>& draws);

/// The images in the rows of the clusters.
ComparedImages compared_images(const Clusters& clusters);

}  // namespace evax::metrics
