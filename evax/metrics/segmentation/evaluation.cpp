#include "evax/metrics/segmentation/evaluation.h"

#include <limits>

#include "evax/core/error.h"
#include "evax/metrics/auc.h"

namespace evax::metrics {
namespace {

void check(const Segmentations& all) {
  const size_t n = all.images.size(), classes = all.classes.size();
  if (classes == 0 || all.thresholds.size() != classes)
    fail("segmentation: expected a threshold for each of at least 1 class, found {} for {}",
         all.thresholds.size(), classes);
  if (all.paths.size() != n || (!all.patients.empty() && all.patients.size() != n))
    fail(
        "segmentation: expected a path and a patient, or none, for each of {} images, found {} "
        "and {}",
        n, all.paths.size(), all.patients.size());
  for (size_t i = 0; i < n; ++i)
    if (all.images[i].counts.size() != classes + 1 || all.images[i].hd95.size() != classes)
      fail("{}: expected figures of {} classes and background, found {}", all.paths[i], classes,
           all.images[i].counts.size());
}

/// A mean of values that are counted several times; those that are undefined are left out.
class Mean {
 public:
  void add(const std::optional<double>& value, uint32_t times) {
    if (!value) return;
    sum_ += *value * times;
    count_ += times;
  }
  std::optional<double> value() const {
    if (count_ == 0) return std::nullopt;
    return sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

void add(PixelCounts& sum, const PixelCounts& counts, int64_t times) {
  sum.intersection += times * counts.intersection;
  sum.prediction += times * counts.prediction;
  sum.label += times * counts.label;
}

/// Images counted multiplicity[image] times each.
class Sums {
 public:
  Sums(const Segmentations& all, std::span<const uint32_t> multiplicity)
      : all_(all), multiplicity_(multiplicity) {}

  /// 0 is background.
  PixelCounts counts(size_t class_index) const {
    PixelCounts sum;
    for (size_t i = 0; i < all_.images.size(); ++i)
      add(sum, all_.images[i].counts[class_index], multiplicity_[i]);
    return sum;
  }

  /// The class's figures from its counts in all images.
  void fill(SegmentationClass& to, size_t class_index) const {
    Mean dices, jaccards, distances;
    for (size_t i = 0; i < all_.images.size(); ++i) {
      const ImageFigures& image = all_.images[i];
      dices.add(dice(image.counts[class_index]), multiplicity_[i]);
      jaccards.add(jaccard(image.counts[class_index]), multiplicity_[i]);
      distances.add(image.hd95[class_index - 1], multiplicity_[i]);
    }
    to.counts = counts(class_index);
    to.figures.dice.value = dice(to.counts);
    to.figures.jaccard.value = jaccard(to.counts);
    to.figures.dice_per_image.value = dices.value();
    to.figures.jaccard_per_image.value = jaccards.value();
    to.figures.hd95.value = distances.value();
  }

 private:
  const Segmentations& all_;
  std::span<const uint32_t> multiplicity_;
};

constexpr Figure SegmentationFigures::* members[] = {
    &SegmentationFigures::dice, &SegmentationFigures::jaccard, &SegmentationFigures::dice_per_image,
    &SegmentationFigures::jaccard_per_image, &SegmentationFigures::hd95};

std::optional<double> mean_over_classes(const SegmentationEvaluation& evaluation,
                                        Figure SegmentationFigures::* member) {
  std::vector<std::optional<double>> values;
  for (const SegmentationClass& c : evaluation.classes) values.push_back((c.figures.*member).value);
  return mean_defined(values);
}

// Counts and the values of all figures; no intervals, names or notes.
SegmentationEvaluation score(const Segmentations& all, std::span<const uint32_t> multiplicity) {
  const Sums sums(all, multiplicity);
  SegmentationEvaluation evaluation;
  evaluation.classes.resize(all.classes.size());
  const PixelCounts background = sums.counts(0);
  std::vector<std::optional<double>> dices{dice(background)}, jaccards{jaccard(background)};
  for (size_t c = 0; c < all.classes.size(); ++c) {
    sums.fill(evaluation.classes[c], c + 1);
    dices.push_back(evaluation.classes[c].figures.dice.value);
    jaccards.push_back(evaluation.classes[c].figures.jaccard.value);
  }
  evaluation.mdice.value = mean_defined(dices);
  evaluation.miou.value = mean_defined(jaccards);
  for (const auto member : members)
    (evaluation.figures.*member).value = mean_over_classes(evaluation, member);
  return evaluation;
}

// All figures that get an interval, in a fixed order.
std::vector<Figure*> figures_of(SegmentationEvaluation& evaluation) {
  std::vector<Figure*> figures{&evaluation.mdice, &evaluation.miou};
  for (const auto member : members) figures.push_back(&(evaluation.figures.*member));
  for (SegmentationClass& c : evaluation.classes)
    for (const auto member : members) figures.push_back(&(c.figures.*member));
  return figures;
}

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
  check(segmentations);
  const size_t n = segmentations.images.size();
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
