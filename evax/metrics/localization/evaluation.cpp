#include "evax/metrics/localization/evaluation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "evax/core/error.h"

namespace evax::metrics {
namespace {

// Every figure is the mean over boxes of a number that a box has; both lists are in this order.
constexpr std::array localization_members{
    &LocalizationFigures::miou,          &LocalizationFigures::ap25,
    &LocalizationFigures::ap50,          &LocalizationFigures::map,
    &LocalizationFigures::pointing_game, &LocalizationFigures::box_miou};
using Values = std::array<double, localization_members.size()>;

Values values_of(const LocalizedBox& box) {
  const double ap25 = box.iou > 0.25, ap50 = box.iou > 0.5;
  return {box.iou, ap25, ap50, (ap25 + ap50) / 2, box.hit ? 1.0 : 0.0, box.box_iou};
}

/// Means of each class and, behind them, of all boxes; boxes counted multiplicity[box] times each.
/// NaN for a class without a box.
std::vector<Values> means_of(const Localizations& all, std::span<const uint32_t> multiplicity) {
  const size_t classes = all.classes.size();
  std::vector<Values> sums(classes + 1, Values{});
  std::vector<double> counts(classes + 1);
  for (size_t i = 0; i < all.boxes.size(); ++i) {
    const Values values = values_of(all.boxes[i]);
    for (const size_t row : {all.boxes[i].class_index, classes}) {
      for (size_t f = 0; f < values.size(); ++f) sums[row][f] += multiplicity[i] * values[f];
      counts[row] += multiplicity[i];
    }
  }
  for (size_t row = 0; row <= classes; ++row)
    for (double& value : sums[row])
      value = counts[row] > 0 ? value / counts[row] : std::numeric_limits<double>::quiet_NaN();
  return sums;
}

void check(const Localizations& all) {
  const size_t n = all.boxes.size();
  if (n == 0 || all.images.size() != n || all.patients.size() != n)
    fail(
        "localization: expected an image and a patient for each of at least 1 box, found {} and "
        "{} for {}",
        all.images.size(), all.patients.size(), n);
  for (const LocalizedBox& box : all.boxes)
    if (box.class_index >= all.classes.size())
      fail("localization: expected a class below {}, found {}", all.classes.size(),
           box.class_index);
}

/// Patients with all their images; images of nobody known with all their boxes.
Clusters clusters_of(const Localizations& all) {
  std::vector<std::string> owners;
  for (size_t i = 0; i < all.boxes.size(); ++i)
    owners.push_back(all.patients[i].empty() ? "image " + all.images[i]
                                             : "patient " + all.patients[i]);
  return cluster_by_patient(owners, owners.size());
}

int64_t different(const std::vector<std::string>& names) {
  std::set<std::string_view> set(names.begin(), names.end());
  set.erase("");
  return static_cast<int64_t>(set.size());
}

}  // namespace

LocalizationEvaluation evaluate(const Localizations& all, const BootstrapOptions& options) {
  check(all);
  const std::vector<uint32_t> once(all.boxes.size(), 1);
  const std::vector<Values> means = means_of(all, once);
  const auto statistic = [&](std::span<const uint32_t> multiplicity, std::span<double> figures) {
    auto to = figures.begin();
    for (const Values& values : means_of(all, multiplicity))
      to = std::copy(values.begin(), values.end(), to);
  };
  auto draws =
      bootstrap(clusters_of(all), means.size() * localization_members.size(), options, statistic);
  const auto figures_of = [&](size_t row) {
    LocalizationFigures figures;
    for (size_t f = 0; f < localization_members.size(); ++f)
      figures.*localization_members[f] = {
          means[row][f],
          percentile_interval(std::move(draws[row * localization_members.size() + f]))};
    return figures;
  };

  LocalizationEvaluation evaluation;
  evaluation.boxes = static_cast<int64_t>(all.boxes.size());
  evaluation.images = different(all.images);
  evaluation.patients = different(all.patients);
  evaluation.by_patient = evaluation.patients > 0;
  evaluation.figures = figures_of(all.classes.size());
  for (size_t c = 0; c < all.classes.size(); ++c) {
    const auto boxes = std::count_if(all.boxes.begin(), all.boxes.end(),
                                     [c](const auto& box) { return box.class_index == c; });
    if (boxes > 0) evaluation.classes.push_back({all.classes[c], boxes, figures_of(c)});
  }
  return evaluation;
}

}  // namespace evax::metrics
