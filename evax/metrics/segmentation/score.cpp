#include "evax/metrics/segmentation/score.h"

#include "evax/core/error.h"
#include "evax/metrics/findings/auc.h"

namespace evax::metrics {
namespace {

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

constexpr Figure SegmentationFigures::*members[] = {
    &SegmentationFigures::dice, &SegmentationFigures::jaccard, &SegmentationFigures::dice_per_image,
    &SegmentationFigures::jaccard_per_image, &SegmentationFigures::hd95};

std::optional<double> mean_over_classes(const SegmentationEvaluation& evaluation,
                                        Figure SegmentationFigures::*member) {
  std::vector<std::optional<double>> values;
  for (const SegmentationClass& c : evaluation.classes) values.push_back((c.figures.*member).value);
  return mean_defined(values);
}

}  // namespace

void check_images(const Segmentations& all) {
  const size_t n = all.images.size(), classes = all.classes.size();
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

std::vector<Figure*> figures_of(SegmentationEvaluation& evaluation) {
  std::vector<Figure*> figures{&evaluation.mdice, &evaluation.miou};
  for (const auto member : members) figures.push_back(&(evaluation.figures.*member));
  for (SegmentationClass& c : evaluation.classes)
    for (const auto member : members) figures.push_back(&(c.figures.*member));
  return figures;
}

}  // namespace evax::metrics
