#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evax::metrics {

struct Interval {
  double low, high;
};

/// What is drawn as one: all images of a patient; an image without a known patient is a cluster of
/// its own.
struct Clusters {
  std::vector<uint32_t> of_row;
  size_t count = 0;
  size_t patients = 0;  // known ones
};

/// `patients` [rows], blank where unknown; may be empty as a whole.
Clusters cluster_by_patient(std::span<const std::string> patients, size_t rows);

struct BootstrapOptions {
  size_t draws = 2000;
  uint64_t seed = 0;
  size_t threads = 1;
};

/// Computes figures of the rows counted multiplicity[row] times each; NaN where one is undefined.
/// Called from several threads.
using Statistic =
    std::function<void(std::span<const uint32_t> multiplicity, std::span<double> figures)>;

/// Draws as many clusters as there are, with replacement: how often each row is in draw `index`. A
/// function of (seed, index) alone.
void draw_rows(const Clusters& clusters, uint64_t seed, uint32_t index,
               std::span<uint32_t> multiplicity);

/// The bootstrap (Efron and Tibshirani, "An introduction to the bootstrap", 1993) over clusters:
/// result[figure] holds its value in every draw. The same for any number of threads. No draws where
/// there are fewer than two clusters: nothing would vary.
std::vector<std::vector<double>> bootstrap(const Clusters& clusters, size_t figures,
                                           const BootstrapOptions& options,
                                           const Statistic& statistic);

/// The middle 95 % of the draws (numpy.percentile, linear); those that are NaN are left out. Empty
/// when they are more than half of all, or when there is no draw.
std::optional<Interval> percentile_interval(std::vector<double> draws);

}  // namespace evax::metrics
