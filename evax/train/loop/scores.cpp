#include "evax/train/loop/scores.h"

#include <ATen/ATen.h>

#include "evax/core/error.h"

namespace evax::train {

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
  at::Tensor loss = at::zeros({2}, at::kDouble);  // sum, terms that count
  const auto logits_of = [&](const data::Batch& batch, const at::Tensor& readable) {
    const at::Tensor logits = classifier.logits(batch).index_select(0, readable);
    auto* data = const_cast<std::byte*>(batch.targets.bytes().data());
    const at::Tensor targets =
        at::from_blob(data, batch.targets.shape(), at::kFloat).index_select(0, readable);
    const LossSum part =
        classification_loss(logits, targets, classifier.task(), classifier.optim());
    loss[0] += part.sum;
    loss[1] += part.count;
    return logits;
  };
  ListRows list = rows_of_list(dataset, transform, options, distributed, logits_of);
  distributed.sum(loss);

  Scores scores;
  const float* logits = list.rows.const_data_ptr<float>();
  scores.scored = {
      std::move(list.samples), {logits, logits + list.rows.numel()}, std::move(list.unreadable)};
  scores.loss = loss[1].item<double>() > 0 ? (loss[0] / loss[1]).item<double>() : 0;
  metrics::EvaluationOptions figures;
  figures.draws = 0;
  scores.figures = metrics::evaluate(
      evaluation::predictions_of(dataset, scores.scored, {.sigmoid = options.sigmoid}, ""),
      figures);
  return scores;
}

}  // namespace evax::train
