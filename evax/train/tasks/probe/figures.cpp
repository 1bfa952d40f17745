#include "evax/train/tasks/probe/figures.h"

#include <ATen/ATen.h>

#include <limits>

#include "evax/metrics/findings/auc.h"
#include "evax/train/tasks/probe/knn.h"
#include "evax/train/tasks/probe/linear_probe.h"
#include "evax/train/tasks/probe/spread.h"

namespace evax::train {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// The classes of which an image with it and one without is known: others cannot be learnt.
at::Tensor learnable_classes(const at::Tensor& labels) {
  return ((labels > 0.5).any(0) & (labels <= 0.5).any(0)).nonzero().squeeze(1);
}

double mean_auc(const at::Tensor& labels, const at::Tensor& scores) {
  const at::Tensor truth = labels.to(at::kFloat).contiguous();
  const at::Tensor score = scores.contiguous();
  const auto count = static_cast<size_t>(score.numel());
  const auto areas = metrics::roc_auc_per_class({truth.const_data_ptr<float>(), count},
                                                {score.const_data_ptr<double>(), count},
                                                static_cast<size_t>(score.size(1)));
  return metrics::mean_defined(areas).value_or(undefined);
}

bool is_finite(const at::Tensor& tensor) { return tensor.isfinite().all().item<bool>(); }

}  // namespace

ProbeFigures probe_figures(LabelledFeatures learnt, LabelledFeatures judged, weights::Task task,
                           int64_t neighbours) {
  ProbeFigures figures{undefined, undefined, undefined, undefined};
  if (!is_finite(learnt.features) || !is_finite(judged.features)) return figures;
  figures.feature_std = feature_std(judged.features);
  figures.feature_rank = effective_rank(judged.features);
  const at::Tensor classes = learnable_classes(learnt.labels);
  if (classes.numel() == 0) return figures;
  learnt.labels = learnt.labels.index_select(1, classes);
  judged.labels = judged.labels.index_select(1, classes);
  figures.knn_auc =
      mean_auc(judged.labels, nearest_neighbour_votes(learnt, judged.features, neighbours));
  figures.linear_auc = mean_auc(judged.labels, fit_linear_probe(learnt, task)(judged.features));
  return figures;
}

}  // namespace evax::train
