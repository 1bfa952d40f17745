#include "evax/train/scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/metrics/auc.h"
#include "evax/metrics/confusion.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// Rows of the batch whose image could be read.
at::Tensor readable_rows(const data::Batch& batch) {
  std::set<uint32_t> unreadable;
  for (const auto& [sample, reason] : batch.unreadable) {
    warn("left out: " + reason);
    unreadable.insert(sample);
  }
  std::vector<int64_t> rows;
  for (size_t i = 0; i < batch.samples.size(); ++i)
    if (!unreadable.contains(batch.samples[i])) rows.push_back(static_cast<int64_t>(i));
  return at::tensor(rows, at::kLong);
}

at::Tensor targets_of(const data::Batch& batch) {
  auto* data = const_cast<std::byte*>(batch.targets.bytes().data());
  return at::from_blob(data, batch.targets.shape(), at::kFloat);
}

// What the ranks exchange, a row per image: sample index, targets, probabilities, in float64.
at::Tensor table_of(const data::Batch& batch, const at::Tensor& rows, const at::Tensor& targets,
                    const at::Tensor& probabilities) {
  const std::vector<int64_t> samples(batch.samples.begin(), batch.samples.end());
  const at::Tensor index = at::tensor(samples, at::kLong).index_select(0, rows).unsqueeze(1);
  return at::cat({index.to(at::kDouble), targets.to(at::kDouble), probabilities.to(at::kDouble)},
                 1);
}

void fill(Scores& scores, const at::Tensor& table, size_t classes, weights::Task task) {
  // In the order of the list, whatever rank or batch a row came from.
  const at::Tensor sorted = table.index_select(0, table.select(1, 0).argsort()).contiguous();
  const double* values = sorted.const_data_ptr<double>();
  const auto rows = static_cast<size_t>(sorted.size(0));
  std::vector<float> labels;
  std::vector<double> predicted;
  scores.positives.assign(classes, 0);
  scores.negatives.assign(classes, 0);
  int64_t right = 0;
  for (size_t row = 0; row < rows; ++row, values += 1 + 2 * classes)
    for (size_t c = 0; c < classes; ++c) {
      const double label = values[1 + c];
      const double probability = values[1 + classes + c];
      labels.push_back(static_cast<float>(label));
      predicted.push_back(probability);
      if (std::isnan(label)) continue;
      ++(label > 0.5 ? scores.positives : scores.negatives)[c];
      right += (label > 0.5) == (probability > 0.5);
    }
  scores.images = static_cast<int64_t>(rows);
  scores.auc = metrics::roc_auc_per_class(labels, predicted, classes);
  scores.mean_auc = metrics::mean_defined(scores.auc);
  if (rows == 0) return;
  if (task == weights::Task::multiclass)
    scores.accuracy = metrics::top1_accuracy(labels, predicted, classes);
  int64_t counted = 0;
  for (size_t c = 0; c < classes; ++c) counted += scores.positives[c] + scores.negatives[c];
  if (task == weights::Task::multilabel && counted > 0)
    scores.label_accuracy = static_cast<double>(right) / static_cast<double>(counted);
}

}  // namespace

double Scores::selection() const {
  if (mean_auc) return *mean_auc;
  if (accuracy) return *accuracy;
  return -loss;
}

std::string Scores::sentence() const {
  std::string text;
  if (mean_auc) text += fmt::format("mean AUC {:.4f}, ", *mean_auc);
  if (accuracy) text += fmt::format("accuracy {:.4f}, ", *accuracy);
  if (label_accuracy) text += fmt::format("label accuracy {:.4f}, ", *label_accuracy);
  return text + fmt::format("loss {:.4f}, {} images", loss, images);
}

Scores score(Classifier& classifier, const data::Dataset& dataset,
             const data::SampleTransform& transform, const ScoreOptions& options,
             Distributed& distributed) {
  data::LoaderOptions loader_options;
  loader_options.batch_size = static_cast<size_t>(options.batch_size);
  loader_options.image_size = options.image_size;
  loader_options.shuffle = false;
  loader_options.replace = false;
  loader_options.drop_last = false;
  loader_options.workers = static_cast<size_t>(options.workers);
  loader_options.rank = static_cast<size_t>(distributed.rank());
  loader_options.ranks = static_cast<size_t>(distributed.ranks());
  data::Loader loader(dataset, transform, loader_options);
  loader.start(0);

  const size_t classes = dataset.classes.size();
  const bool sigmoid = options.sigmoid || classifier.task() == weights::Task::multilabel;
  std::vector<at::Tensor> parts{at::empty({0, static_cast<int64_t>(1 + 2 * classes)}, at::kDouble)};
  at::Tensor totals = at::zeros({2}, at::kDouble);  // loss, terms that count
  data::Batch batch;
  while (loader.next(batch)) {
    if (batch.samples.empty()) continue;
    const at::Tensor rows = readable_rows(batch);
    const at::Tensor logits = classifier.logits(batch).index_select(0, rows);
    const at::Tensor targets = targets_of(batch).index_select(0, rows);
    const LossSum loss =
        classification_loss(logits, targets, classifier.task(), classifier.optim());
    totals[0] += loss.sum;
    totals[1] += loss.count;
    const at::Tensor probabilities = sigmoid ? logits.sigmoid() : logits.softmax(1);
    parts.push_back(table_of(batch, rows, targets, probabilities));
  }
  distributed.sum(totals);
  const at::Tensor table = distributed.gather_rows(at::cat(parts));

  Scores scores;
  scores.classes = dataset.classes;
  scores.loss = totals[1].item<double>() > 0 ? (totals[0] / totals[1]).item<double>() : 0;
  fill(scores, table, classes, classifier.task());
  return scores;
}

Json to_json(const Scores& scores) {
  Json classes = Json::object();
  for (size_t c = 0; c < scores.classes.size(); ++c)
    classes[scores.classes[c]] = {{"auc", or_null(scores.auc[c])},
                                  {"n_positive", scores.positives[c]},
                                  {"n_negative", scores.negatives[c]}};
  return {{"mean_auc", or_null(scores.mean_auc)},
          {"accuracy", or_null(scores.accuracy)},
          {"label_accuracy", or_null(scores.label_accuracy)},
          {"loss", scores.loss},
          {"classes", classes},
          {"n", scores.images}};
}

}  // namespace evax::train
