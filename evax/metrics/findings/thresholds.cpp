#include "evax/metrics/findings/thresholds.h"

#include <algorithm>
#include <charconv>

#include "evax/core/error.h"
#include "evax/metrics/findings/curves.h"

namespace evax::metrics {
namespace {

double youden(const std::vector<RocPoint>& curve) {
  const auto index = [](const RocPoint& point) {
    return point.true_positive_rate - point.false_positive_rate;
  };
  const auto best =
      std::max_element(curve.begin(), curve.end(),
                       [&](const RocPoint& a, const RocPoint& b) { return index(a) < index(b); });
  // Where nothing beats calling no row at all: the highest score rather than infinity.
  return best == curve.begin() ? curve[1].threshold : best->threshold;
}

double at_sensitivity(const std::vector<RocPoint>& curve, double sensitivity) {
  return std::find_if(
             curve.begin() + 1, curve.end(),
             [&](const RocPoint& point) { return point.true_positive_rate >= sensitivity; })
      ->threshold;
}

}  // namespace

ThresholdRule parse_threshold_rule(const std::string& text) {
  const std::string key = "sensitivity=";
  if (text == "youden") return {};
  ThresholdRule rule{ThresholdRule::Kind::sensitivity};
  const char* end = text.data() + text.size();
  if (text.starts_with(key)) {
    const auto [rest, error] = std::from_chars(text.data() + key.size(), end, rule.sensitivity);
    if (error == std::errc{} && rest == end && rule.sensitivity > 0 && rule.sensitivity <= 1)
      return rule;
  }
  throw UsageError(fmt::format(
      "threshold rule: expected youden or sensitivity=S with S above 0 and at most 1, found \"{}\"",
      text));
}

std::string name_of(const ThresholdRule& rule) {
  return rule.kind == ThresholdRule::Kind::youden ? "youden"
                                                  : fmt::format("sensitivity={}", rule.sensitivity);
}

std::optional<double> find_threshold(std::span<const float> labels, std::span<const double> scores,
                                     const ThresholdRule& rule) {
  const auto curve = roc_curve(rank(labels, scores), scores);
  if (curve.empty()) return std::nullopt;
  return rule.kind == ThresholdRule::Kind::youden ? youden(curve)
                                                  : at_sensitivity(curve, rule.sensitivity);
}

std::vector<std::optional<double>> find_thresholds(const Predictions& predictions,
                                                   const ThresholdRule& rule) {
  const size_t classes = predictions.classes.size();
  if (predictions.exclusive && classes != 2)
    fail(
        "thresholds: expected independent findings or two exclusive classes, found {} exclusive "
        "classes, whose call is the most probable one",
        classes);
  std::vector<std::optional<double>> thresholds;
  for (size_t c = 0; c < classes; ++c)
    thresholds.push_back(find_threshold(column<float>(predictions.labels, classes, c),
                                        column<double>(predictions.probabilities, classes, c),
                                        rule));
  if (predictions.exclusive && thresholds[1]) thresholds[0] = 1 - *thresholds[1];
  return thresholds;
}

}  // namespace evax::metrics
