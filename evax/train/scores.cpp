#include "evax/train/scores.h"

#include <ATen/ATen.h>

#include <map>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/train/loading.h"

namespace evax::train {
namespace {

/// This process's part of a list.
class Part {
 public:
  explicit Part(const data::Dataset& dataset)
      : rows_{at::empty({0, 1 + static_cast<int64_t>(dataset.classes.size())}, at::kDouble)} {}

  void add(Classifier& classifier, const data::Batch& batch) {
    const at::Tensor readable = readable_rows(batch);
    const at::Tensor logits = classifier.logits(batch).index_select(0, readable);
    auto* data = const_cast<std::byte*>(batch.targets.bytes().data());
    const at::Tensor targets =
        at::from_blob(data, batch.targets.shape(), at::kFloat).index_select(0, readable);
    const LossSum loss =
        classification_loss(logits, targets, classifier.task(), classifier.optim());
    totals_[0] += loss.sum;
    totals_[1] += loss.count;
    const std::vector<int64_t> samples(batch.samples.begin(), batch.samples.end());
    const at::Tensor index = at::tensor(samples, at::kLong).index_select(0, readable).unsqueeze(1);
    rows_.push_back(at::cat({index.to(at::kDouble), logits.to(at::kDouble)}, 1));
  }

  /// What the ranks exchange, a row per image: sample index and logits, in float64.
  at::Tensor rows() const { return at::cat(rows_); }
  /// Loss, terms that count.
  at::Tensor& totals() { return totals_; }
  /// Why a sample could not be read.
  const std::map<uint32_t, std::string>& reasons() const { return reasons_; }

 private:
  at::Tensor readable_rows(const data::Batch& batch) {
    for (const auto& [sample, reason] : batch.unreadable) {
      warn("left out: " + reason);
      reasons_[sample] = reason;
    }
    std::vector<int64_t> rows;
    for (size_t i = 0; i < batch.samples.size(); ++i)
      if (!reasons_.contains(batch.samples[i])) rows.push_back(static_cast<int64_t>(i));
    return at::tensor(rows, at::kLong);
  }

  std::vector<at::Tensor> rows_;
  at::Tensor totals_ = at::zeros({2}, at::kDouble);
  std::map<uint32_t, std::string> reasons_;
};

// In the order of the list, whatever rank or batch a row came from.
evaluation::Scored in_order(const at::Tensor& rows, const data::Dataset& dataset,
                            const std::map<uint32_t, std::string>& reasons) {
  const at::Tensor sorted = rows.index_select(0, rows.select(1, 0).argsort()).contiguous();
  const double* value = sorted.const_data_ptr<double>();
  evaluation::Scored scored;
  for (int64_t row = 0; row < sorted.size(0); ++row) {
    scored.samples.push_back(static_cast<uint32_t>(*value++));
    for (size_t c = 0; c < dataset.classes.size(); ++c)
      scored.logits.push_back(static_cast<float>(*value++));
  }
  size_t next = 0;
  for (uint32_t sample = 0; sample < dataset.size(); ++sample) {
    if (next < scored.samples.size() && scored.samples[next] == sample) {
      ++next;
      continue;
    }
    const auto reason = reasons.find(sample);
    scored.unreadable.emplace_back(
        dataset.samples[sample].path,
        reason == reasons.end() ? "another process could not read it" : reason->second);
  }
  return scored;
}

}  // namespace

double Scores::selection() const {
  if (figures.mean_auc.value) return *figures.mean_auc.value;
  if (figures.accuracy.value) return *figures.accuracy.value;
  return -loss;
}

std::string Scores::sentence() const {
  std::string text;
  const auto add = [&](const char* name, const metrics::Figure& figure) {
    if (figure.value) text += fmt::format("{} {:.4f}, ", name, *figure.value);
  };
  add("mean AUC", figures.mean_auc);
  add("accuracy", figures.accuracy);
  add("label accuracy", figures.label_accuracy);
  return text + fmt::format("loss {:.4f}, {} images", loss, figures.images);
}

Scores score(Classifier& classifier, const data::Dataset& dataset,
             const data::SampleTransform& transform, const ScoreOptions& options,
             Distributed& distributed) {
  data::Loader loader(dataset, transform,
                      scoring_options(options.batch_size, options.workers,
                                      {3, options.image_size, options.image_size}, distributed));
  loader.start(0);
  Part part(dataset);
  data::Batch batch;
  while (loader.next(batch))
    if (!batch.samples.empty()) part.add(classifier, batch);
  at::Tensor& totals = part.totals();
  distributed.sum(totals);

  Scores scores;
  scores.scored = in_order(distributed.gather_rows(part.rows()), dataset, part.reasons());
  evaluation::check_readable(dataset, scores.scored);
  scores.loss = totals[1].item<double>() > 0 ? (totals[0] / totals[1]).item<double>() : 0;
  metrics::EvaluationOptions figures;
  figures.draws = 0;
  scores.figures = metrics::evaluate(
      evaluation::predictions_of(dataset, scores.scored, {.sigmoid = options.sigmoid}, ""),
      figures);
  return scores;
}

}  // namespace evax::train
