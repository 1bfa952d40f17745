#include "evax/metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "evax/core/random.h"
#include "evax/core/thread_pool.h"
#include "evax/metrics/percentile.h"

namespace evax::metrics {

Clusters cluster_by_patient(std::span<const std::string> patients, size_t rows) {
  Clusters clusters;
  std::unordered_map<std::string, uint32_t> cluster_of;
  for (size_t row = 0; row < rows; ++row) {
    const auto next = static_cast<uint32_t>(clusters.count);
    uint32_t cluster = next;
    if (!patients.empty() && !patients[row].empty())
      cluster = cluster_of.try_emplace(patients[row], next).first->second;
    clusters.of_row.push_back(cluster);
    clusters.count += cluster == next;
  }
  clusters.patients = cluster_of.size();
  return clusters;
}

void draw_rows(const Clusters& clusters, uint64_t seed, uint32_t index,
               std::span<uint32_t> multiplicity) {
  Random random(seed, 0, index, Draw::bootstrap);
  std::vector<uint32_t> times(clusters.count);
  const auto last = static_cast<int64_t>(clusters.count) - 1;
  for (size_t i = 0; i < clusters.count; ++i) ++times[static_cast<size_t>(random.integer(0, last))];
  for (size_t row = 0; row < multiplicity.size(); ++row)
    multiplicity[row] = times[clusters.of_row[row]];
}

std::vector<std::vector<double>> bootstrap(const Clusters& clusters, size_t figures,
                                           const BootstrapOptions& options,
                                           const Statistic& statistic) {
  std::vector<std::vector<double>> values(figures);
  if (clusters.count < 2 || options.draws == 0) return values;
  for (auto& draws : values) draws.resize(options.draws);
  ThreadPool pool(options.threads);
  struct Scratch {
    std::vector<uint32_t> multiplicity;
    std::vector<double> figures;
  };
  std::vector<Scratch> scratch(
      pool.size(), {std::vector<uint32_t>(clusters.of_row.size()), std::vector<double>(figures)});
  pool.parallel_for(options.draws, [&](size_t draw, size_t worker) {
    Scratch& mine = scratch[worker];
    draw_rows(clusters, options.seed, static_cast<uint32_t>(draw), mine.multiplicity);
    statistic(mine.multiplicity, mine.figures);
    for (size_t i = 0; i < figures; ++i) values[i][draw] = mine.figures[i];
  });
  return values;
}

std::optional<Interval> percentile_interval(std::vector<double> draws) {
  const size_t all = draws.size();
  std::erase_if(draws, [](double value) { return std::isnan(value); });
  if (draws.empty() || 2 * draws.size() < all) return std::nullopt;
  std::sort(draws.begin(), draws.end());
  return Interval{percentile(draws, 2.5), percentile(draws, 97.5)};
}

}  // namespace evax::metrics
