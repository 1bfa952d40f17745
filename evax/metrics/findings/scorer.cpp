#include "evax/metrics/findings/scorer.h"

#include <algorithm>

#include "evax/metrics/findings/auc.h"
#include "evax/metrics/findings/curves.h"

namespace evax::metrics {
namespace {

uint32_t rows_at_least(const Ranking& ranking, std::span<const double> scores, double threshold) {
  const auto end = std::partition_point(ranking.rows.begin(), ranking.rows.end(),
                                        [&](uint32_t row) { return scores[row] >= threshold; });
  return static_cast<uint32_t>(end - ranking.rows.begin());
}

// The same calls, seen from the other one of two classes.
Confusion seen_from_the_other(const Confusion& confusion) {
  return {confusion.true_negative, confusion.false_negative, confusion.true_positive,
          confusion.false_positive};
}

void fill_ratios(ClassFigures& figures) {
  figures.accuracy.value = accuracy(figures.confusion);
  figures.sensitivity.value = sensitivity(figures.confusion);
  figures.specificity.value = specificity(figures.confusion);
  figures.ppv.value = ppv(figures.confusion);
  figures.npv.value = npv(figures.confusion);
  figures.f1.value = f1(figures.confusion);
}

std::optional<double> mean(const std::vector<ClassFigures>& classes, Figure ClassFigures::*figure) {
  std::vector<std::optional<double>> values;
  for (const ClassFigures& c : classes) values.push_back((c.*figure).value);
  return mean_defined(values);
}

std::optional<double> label_accuracy(const std::vector<ClassFigures>& classes) {
  Confusion sum;
  for (const ClassFigures& c : classes) {
    sum.true_positive += c.confusion.true_positive;
    sum.true_negative += c.confusion.true_negative;
    sum.false_positive += c.confusion.false_positive;
    sum.false_negative += c.confusion.false_negative;
  }
  return accuracy(sum);
}

}  // namespace

Scorer::Scorer(const Predictions& predictions, std::vector<double> thresholds)
    : classes_(predictions.classes.size()),
      exclusive_(predictions.exclusive),
      thresholds_(std::move(thresholds)) {
  for (size_t c = 0; c < classes_; ++c) {
    const auto scores = column<double>(predictions.probabilities, classes_, c);
    rankings_.push_back(rank(column<float>(predictions.labels, classes_, c), scores));
    called_.push_back(
        thresholds_.empty() ? 0 : rows_at_least(rankings_.back(), scores, thresholds_[c]));
  }
  if (!exclusive_) return;
  truth_ = true_classes(predictions.labels, classes_);
  most_probable_ = most_probable_classes(predictions.probabilities, classes_);
}

template <typename Count>
void Scorer::score_class(size_t index, Count count, ClassFigures& figures) const {
  AucSum auc;
  AveragePrecisionSum average_precision;
  Confusion& confusion = figures.confusion;
  for_each_run(rankings_[index], count, [&](const Run& run) {
    auc.add(run);
    average_precision.add(run);
    figures.positives = run.positives_above + run.positives;
    figures.negatives = run.negatives_above + run.negatives;
    if (run.end > called_[index]) return;
    confusion.true_positive = figures.positives;
    confusion.false_positive = figures.negatives;
  });
  confusion.false_negative = figures.positives - confusion.true_positive;
  confusion.true_negative = figures.negatives - confusion.false_positive;
  figures.auc.value = auc.value();
  figures.average_precision.value = average_precision.value();
  if (!thresholds_.empty()) figures.threshold = thresholds_[index];
}

template <typename Count>
void Scorer::score_exclusive(Count count, Evaluation& evaluation) const {
  const ConfusionMatrix matrix = confusion_matrix(truth_, most_probable_, classes_, count);
  evaluation.accuracy.value = accuracy(matrix);
  evaluation.balanced_accuracy.value = balanced_accuracy(matrix);
  for (auto row = matrix.counts.begin(); row != matrix.counts.end(); row += classes_)
    evaluation.confusion_matrix.emplace_back(row, row + classes_);
  auto& classes = evaluation.classes;
  if (classes_ == 2)
    classes[0].confusion = seen_from_the_other(classes[1].confusion);
  else
    for (size_t c = 0; c < classes_; ++c) classes[c].confusion = one_against_rest(matrix, c);
}

template <typename Count>
Evaluation Scorer::score_rows(Count count) const {
  Evaluation evaluation;
  evaluation.classes.resize(classes_);
  for (size_t c = 0; c < classes_; ++c) score_class(c, count, evaluation.classes[c]);
  if (exclusive_)
    score_exclusive(count, evaluation);
  else
    evaluation.label_accuracy.value = label_accuracy(evaluation.classes);
  for (ClassFigures& figures : evaluation.classes) fill_ratios(figures);
  evaluation.mean_auc.value = mean(evaluation.classes, &ClassFigures::auc);
  evaluation.mean_average_precision.value =
      mean(evaluation.classes, &ClassFigures::average_precision);
  return evaluation;
}

Evaluation Scorer::score(std::span<const uint32_t> multiplicity) const {
  if (multiplicity.empty()) return score_rows(Once{});
  return score_rows([multiplicity](uint32_t row) { return multiplicity[row]; });
}

std::vector<Figure*> figures_of(Evaluation& evaluation) {
  std::vector<Figure*> figures{&evaluation.mean_auc, &evaluation.mean_average_precision,
                               &evaluation.accuracy, &evaluation.balanced_accuracy,
                               &evaluation.label_accuracy};
  for (ClassFigures& c : evaluation.classes)
    figures.insert(figures.end(), {&c.auc, &c.average_precision, &c.accuracy, &c.sensitivity,
                                   &c.specificity, &c.ppv, &c.npv, &c.f1});
  return figures;
}

}  // namespace evax::metrics
