#include "evax/metrics/segmentation/evaluation.h"

#include <limits>

#include "evax/core/error.h"
#include "evax/metrics/segmentation/score.h"

namespace evax::metrics {
namespace {

void add_intervals(SegmentationEvaluation& evaluation, const Segmentations& all,
                   const Clusters& clusters, const BootstrapOptions& options) {
  const auto figures = figures_of(evaluation);
  const auto statistic = [&all](std::span<const uint32_t> multiplicity, std::span<double> values) {
    SegmentationEvaluation draw = score(all, multiplicity);
    const auto drawn = figures_of(draw);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = drawn[i]->value.value_or(std::numeric_limits<double>::quiet_NaN());
  };
  auto draws = bootstrap(clusters, figures.size(), options, statistic);
  for (size_t i = 0; i < figures.size(); ++i)
    figures[i]->interval = percentile_interval(std::move(draws[i]));
}

void describe(SegmentationEvaluation& evaluation, const Segmentations& all) {
  for (size_t c = 0; c < all.classes.size(); ++c) {
    SegmentationClass& item = evaluation.classes[c];
    item.name = all.classes[c];
    item.threshold = all.thresholds[c];
    for (const ImageFigures& image : all.images) {
      const PixelCounts& counts = image.counts[c + 1];
      item.with_target += counts.label > 0;
      item.empty += counts.union_size() == 0;
      item.with_distance += image.hd95[c].has_value();
    }
    if (item.with_target == 0)
      evaluation.notes.push_back(fmt::format("{}: no pixel of it in the labels of {} images",
                                             item.name, all.images.size()));
  }
}

}  // namespace

SegmentationEvaluation evaluate(const Segmentations& segmentations,
                                const BootstrapOptions& options) {
  const size_t n = segmentations.images.size(), classes = segmentations.classes.size();
  if (classes == 0 || segmentations.thresholds.size() != classes)
    fail("segmentation: expected a threshold for each of at least 1 class, found {} for {}",
         segmentations.thresholds.size(), classes);
  check_images(segmentations);
  const Clusters clusters = cluster_by_patient(segmentations.patients, n);
  SegmentationEvaluation evaluation = score(segmentations, std::vector<uint32_t>(n, 1));
  evaluation.images = static_cast<int64_t>(n);
  evaluation.patients = static_cast<int64_t>(clusters.patients);
  evaluation.by_patient = clusters.patients > 0;
  evaluation.distance_unit = segmentations.distance_unit;
  describe(evaluation, segmentations);
  add_intervals(evaluation, segmentations, clusters, options);
  return evaluation;
}

}  // namespace evax::metrics
