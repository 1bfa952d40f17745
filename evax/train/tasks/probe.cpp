#include "evax/train/tasks/probe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"
#include "evax/data/augment/augment.h"
#include "evax/data/labels.h"
#include "evax/train/recipe/protocol.h"
#include "evax/train/run/unreadable.h"
#include "evax/train/tasks/probe/figures.h"

namespace evax::train {
namespace {

/// Where there is a list to judge on, none is cut out of the images to learn from.
data::Splits labelled_lists(data::DataConfig config) {
  if (!config.test.empty()) config.val_fraction = 0;
  return data::load_splits(config, /*paper=*/false, /*seed=*/0);
}

at::Tensor labels_of(const data::Dataset& dataset, const std::vector<uint32_t>& samples) {
  const size_t classes = dataset.classes.size();
  at::Tensor labels =
      at::empty({static_cast<int64_t>(samples.size()), static_cast<int64_t>(classes)}, at::kFloat);
  float* row = labels.mutable_data_ptr<float>();
  for (const uint32_t sample : samples) {
    data::write_target(dataset, dataset.samples[sample], row);
    row += classes;
  }
  return labels.to(at::kDouble);
}

void check_labelled(const data::Dataset& list, const char* purpose) {
  if (list.samples.empty())
    fail("probe.data: expected a list of labelled images to {}, found none", purpose);
  check_files(list);
  const auto is_labelled = [](const data::Sample& sample) {
    return sample.label >= 0 || std::any_of(sample.labels.begin(), sample.labels.end(),
                                            [](float label) { return !std::isnan(label); });
  };
  if (std::none_of(list.samples.begin(), list.samples.end(), is_labelled))
    fail("{}: expected labelled images to {}, found no label", list.source, purpose);
}

}  // namespace

Probe::Probe(const ProbeRecipe& recipe, const weights::Preprocess& preprocess, int batch_size,
             Distributed& distributed)
    : config_(recipe.data),
      transform_(data::evaluation_transform(preprocess)),
      options_{preprocess.crop, batch_size, recipe.data.workers},
      neighbours_(recipe.neighbours),
      distributed_(distributed) {
  data::Splits splits = labelled_lists(recipe.data);
  learnt_ = std::move(splits.train);
  judged_ = std::move(splits.test.samples.empty() ? splits.val : splits.test);
  check_labelled(learnt_, "learn from");
  check_labelled(judged_, "judge on");
}

LabelledFeatures Probe::features_of(const data::Dataset& dataset, const Features& features) {
  const ListRows list = rows_of_list(dataset, transform_, options_, distributed_,
                                     [&](const data::Batch& batch, const at::Tensor& readable) {
                                       return features(batch).index_select(0, readable);
                                     });
  return {list.rows.to(at::kDouble), labels_of(dataset, list.samples)};
}

nlohmann::ordered_json Probe::lists() const {
  const std::string& judged_on = config_.test.empty() ? config_.val : config_.test;
  return {{"train", describe_list(learnt_, config_.train, config_.images)},
          {"test", describe_list(judged_, judged_on, config_.images)}};
}

nlohmann::ordered_json Probe::measure(const Features& features) {
  const LabelledFeatures learnt = features_of(learnt_, features);
  const LabelledFeatures judged = features_of(judged_, features);
  at::Tensor values = at::zeros({4}, at::kDouble);
  if (distributed_.first()) {
    const ProbeFigures found = probe_figures(learnt, judged, learnt_.task, neighbours_);
    values = at::tensor({found.knn_auc, found.linear_auc, found.feature_std, found.feature_rank},
                        at::kDouble);
  }
  distributed_.broadcast(values);
  const auto figure = [&](int64_t i) {
    const double value = values[i].item<double>();
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr;
  };
  return {{"probe/knn_auc", figure(0)},
          {"probe/linear_auc", figure(1)},
          {"probe/feature_std", figure(2)},
          {"probe/feature_rank", figure(3)}};
}

}  // namespace evax::train
