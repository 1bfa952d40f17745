#include "evax/metrics/findings/confusion.h"

#include <algorithm>
#include <numeric>

#include "evax/metrics/findings/auc.h"
#include "evax/metrics/ratio.h"

namespace evax::metrics {

std::optional<double> sensitivity(const Confusion& confusion) {
  return ratio(confusion.true_positive, confusion.true_positive + confusion.false_negative);
}

std::optional<double> specificity(const Confusion& confusion) {
  return ratio(confusion.true_negative, confusion.true_negative + confusion.false_positive);
}

std::optional<double> ppv(const Confusion& confusion) {
  return ratio(confusion.true_positive, confusion.true_positive + confusion.false_positive);
}

std::optional<double> npv(const Confusion& confusion) {
  return ratio(confusion.true_negative, confusion.true_negative + confusion.false_negative);
}

std::optional<double> f1(const Confusion& confusion) {
  const int64_t twice = 2 * confusion.true_positive;
  return ratio(twice, twice + confusion.false_positive + confusion.false_negative);
}

std::optional<double> accuracy(const Confusion& confusion) {
  const int64_t right = confusion.true_positive + confusion.true_negative;
  return ratio(right, right + confusion.false_positive + confusion.false_negative);
}

Confusion one_against_rest(const ConfusionMatrix& matrix, size_t index) {
  Confusion confusion;
  for (size_t truth = 0; truth < matrix.classes; ++truth)
    for (size_t called = 0; called < matrix.classes; ++called) {
      int64_t& cell = truth == index
                          ? (called == index ? confusion.true_positive : confusion.false_negative)
                          : (called == index ? confusion.false_positive : confusion.true_negative);
      cell += matrix.at(truth, called);
    }
  return confusion;
}

std::optional<double> accuracy(const ConfusionMatrix& matrix) {
  int64_t right = 0;
  for (size_t c = 0; c < matrix.classes; ++c) right += matrix.at(c, c);
  return ratio(right, std::accumulate(matrix.counts.begin(), matrix.counts.end(), int64_t{0}));
}

std::optional<double> balanced_accuracy(const ConfusionMatrix& matrix) {
  std::vector<std::optional<double>> sensitivities;
  for (size_t c = 0; c < matrix.classes; ++c)
    sensitivities.push_back(sensitivity(one_against_rest(matrix, c)));
  return mean_defined(sensitivities);
}

std::vector<int32_t> true_classes(std::span<const float> labels, size_t classes) {
  std::vector<int32_t> truth;
  for (size_t start = 0; start < labels.size(); start += classes) {
    const auto row = labels.subspan(start, classes);
    const auto one = std::find_if(row.begin(), row.end(), [](float label) { return label > 0.5F; });
    truth.push_back(one == row.end() ? -1 : static_cast<int32_t>(one - row.begin()));
  }
  return truth;
}

std::vector<int32_t> most_probable_classes(std::span<const double> scores, size_t classes) {
  std::vector<int32_t> called;
  for (size_t start = 0; start < scores.size(); start += classes) {
    const auto row = scores.subspan(start, classes);
    called.push_back(static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return called;
}

std::optional<double> top1_accuracy(std::span<const float> labels, std::span<const double> scores,
                                    size_t classes) {
  return accuracy(confusion_matrix(true_classes(labels, classes),
                                   most_probable_classes(scores, classes), classes, Once{}));
}

}  // namespace evax::metrics
