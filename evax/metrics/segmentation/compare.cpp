#include "evax/metrics/segmentation/compare.h"

#include "evax/core/error.h"
#include "evax/metrics/findings/same_test_set.h"
#include "evax/metrics/segmentation/score.h"

namespace evax::metrics {
namespace {

constexpr Figure SegmentationFigures::*compared_figures[] = {&SegmentationFigures::dice,
                                                             &SegmentationFigures::jaccard,
                                                             &SegmentationFigures::dice_per_image};

void check_same_labels(const Segmentations& a, const Segmentations& b,
                       const std::vector<uint32_t>& row_of_b) {
  for (size_t i = 0; i < a.images.size(); ++i)
    for (size_t c = 0; c < a.classes.size(); ++c) {
      const int64_t label_a = a.images[i].counts[c + 1].label;
      const int64_t label_b = b.images[row_of_b[i]].counts[c + 1].label;
      if (label_a != label_b)
        fail(
            "not the same test set: {} of \"{}\" has {} labelled pixels in the first list and {} "
            "in the second",
            a.classes[c], a.paths[i], label_a, label_b);
    }
}

// The images of `all` in another order.
Segmentations in_order(const Segmentations& all, const std::vector<uint32_t>& rows) {
  Segmentations ordered{all.classes, all.thresholds, all.distance_unit, {}, {}, {}};
  for (const uint32_t row : rows) {
    ordered.paths.push_back(all.paths[row]);
    ordered.images.push_back(all.images[row]);
  }
  return ordered;
}

// What is compared, in a fixed order: the means over the classes, then every class's own.
Figures compared(const Segmentations& all) {
  return [&all](std::span<const uint32_t> multiplicity) {
    const SegmentationEvaluation evaluation = score(all, multiplicity);
    std::vector<std::optional<double>> values;
    for (const auto member : compared_figures) values.push_back((evaluation.figures.*member).value);
    for (const SegmentationClass& c : evaluation.classes)
      for (const auto member : compared_figures) values.push_back((c.figures.*member).value);
    return values;
  };
}

}  // namespace

MaskComparison compare(const Segmentations& a, const Segmentations& other,
                       const BootstrapOptions& options) {
  check_images(a);
  check_images(other);
  const auto row_of_b = match_rows({a.classes, a.paths}, {other.classes, other.paths});
  check_same_labels(a, other, row_of_b);
  const Segmentations b = in_order(other, row_of_b);
  const Clusters clusters = cluster_by_patient(a.patients, a.images.size());
  const auto found = paired_bootstrap(clusters, compared(a), compared(b), options);

  const auto differences = [&found](size_t at) -> MaskDifferences {
    return {found[at], found[at + 1], found[at + 2]};
  };
  MaskComparison comparison{compared_images(clusters), differences(0), {}};
  for (size_t c = 0; c < a.classes.size(); ++c)
    comparison.classes.push_back(
        {differences(std::size(compared_figures) * (c + 1)), a.classes[c]});
  return comparison;
}

}  // namespace evax::metrics
