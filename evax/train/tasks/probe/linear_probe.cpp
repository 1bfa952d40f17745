#include "evax/train/tasks/probe/linear_probe.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/optim/lbfgs.h>

namespace evax::train {
namespace {

// Channels that vary less are constant up to rounding.
constexpr double least_std = 1e-10;

/// The summed cross entropy of what is known.
class CrossEntropy {
 public:
  CrossEntropy(const at::Tensor& labels, weights::Task task)
      : exclusive_(task == weights::Task::multiclass),
        known_(labels.isfinite().to(at::kDouble)),
        labels_(labels.nan_to_num(0)) {}

  at::Tensor operator()(const at::Tensor& logits) const {
    if (exclusive_) return -(labels_ * logits.log_softmax(1)).sum();  // 0 for an unlabelled row
    return at::binary_cross_entropy_with_logits(logits, labels_, known_, {}, at::Reduction::Sum);
  }

 private:
  bool exclusive_;
  at::Tensor known_, labels_;
};

// The gradient's largest element when it stops. The loss is divided by the images, and its
// curvature is at least the penalty's, so that the weights are then exact to far more digits than
// the figures show.
constexpr double least_gradient = 1e-7;

torch::optim::LBFGSOptions minimiser() {
  return torch::optim::LBFGSOptions(1)
      .max_iter(2000)
      .max_eval(4000)
      .tolerance_grad(least_gradient)
      .tolerance_change(0)
      .history_size(20)
      .line_search_fn("strong_wolfe");
}

}  // namespace

at::Tensor LinearProbe::operator()(const at::Tensor& features) const {
  const at::Tensor logits = at::addmm(bias, (features - mean) / std, weight);
  return task == weights::Task::multiclass ? logits.softmax(1) : logits.sigmoid();
}

LinearProbe fit_linear_probe(const LabelledFeatures& known, weights::Task task) {
  const int64_t dim = known.features.size(1);
  const int64_t classes = known.labels.size(1);
  const auto images = static_cast<double>(known.features.size(0));
  LinearProbe probe{
      task, known.features.mean(0), known.features.std(0, /*unbiased=*/false), {}, {}};
  probe.std = at::where(probe.std > least_std, probe.std, 1);
  const at::Tensor inputs = (known.features - probe.mean) / probe.std;
  const CrossEntropy cross_entropy(known.labels, task);

  probe.weight = at::zeros({dim, classes}, at::kDouble).requires_grad_();
  probe.bias = at::zeros({classes}, at::kDouble).requires_grad_();
  torch::optim::LBFGS optimizer({probe.weight, probe.bias}, minimiser());
  optimizer.step([&] {
    const at::AutoGradMode gradients(true);
    optimizer.zero_grad();
    at::Tensor loss = cross_entropy(at::addmm(probe.bias, inputs, probe.weight));
    loss = (loss + static_cast<double>(dim) / 2 * probe.weight.square().sum()) / images;
    loss.backward();
    return loss;
  });
  probe.weight = probe.weight.detach();
  probe.bias = probe.bias.detach();
  return probe;
}

}  // namespace evax::train
