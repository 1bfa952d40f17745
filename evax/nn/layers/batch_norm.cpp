#include "evax/nn/layers/batch_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const std::vector<int64_t> all_but_channels{0, 2, 3};

at::Tensor per_channel(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }

/// To mean 0 and variance 1 in float32, whatever autocast made of x.
at::Tensor normal_of(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& inverse) {
  return (x - per_channel(mean)) * per_channel(inverse);
}

/// Mean and variance per channel over the images of all ranks, in float64, and how many values they
/// come from.
struct Statistics {
  at::Tensor mean, variance;
  double count = 0;
};

Statistics global_statistics(const at::Tensor& x, const SumOverRanks& sum) {
  const auto [variance, mean] =
      at::var_mean(x.to(at::kFloat), all_but_channels, /*unbiased=*/false);
  const at::Tensor mean64 = mean.to(at::kDouble);
  const double count = static_cast<double>(x.numel() / x.size(1));
  // A rank's own mean and variance are stable sums; what is exchanged is sum, sum of squares,
  // count.
  at::Tensor sums = at::cat({mean64 * count, (variance.to(at::kDouble) + mean64.square()) * count,
                             at::full({1}, count, mean64.options())});
  sum(sums);
  const int64_t channels = x.size(1);
  const double total = sums[2 * channels].item<double>();
  const at::Tensor all_mean = sums.narrow(0, 0, channels) / total;
  const at::Tensor squares = sums.narrow(0, channels, channels) / total;
  return {all_mean, (squares - all_mean.square()).clamp_min(0), total};
}

struct SyncedNorm : torch::autograd::Function<SyncedNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const Statistics& statistics, double eps,
                            const SumOverRanks& sum) {
    const at::Tensor inverse = (statistics.variance + eps).rsqrt().to(at::kFloat);
    const at::Tensor mean = statistics.mean.to(at::kFloat);
    context->save_for_backward({x, weight, mean, inverse});
    context->saved_data["count"] = statistics.count;
    sum_of(context) = sum;
    return (normal_of(x, mean, inverse) * per_channel(weight) + per_channel(bias))
        .to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &inverse = saved[3];
    const at::Tensor normal = normal_of(x, saved[2], inverse);
    const at::Tensor dy = gradients[0].to(at::kFloat);
    const at::Tensor d_bias = dy.sum(all_but_channels);
    const at::Tensor d_weight = (dy * normal).sum(all_but_channels);
    // The gradients of weight and bias stay this rank's own: they are summed as all others are.
    at::Tensor sums = at::stack({d_bias, d_weight});
    sum_of(context)(sums);
    sums /= context->saved_data["count"].toDouble();
    const at::Tensor dx =
        (dy - per_channel(sums[0]) - normal * per_channel(sums[1])) * per_channel(weight * inverse);
    return {dx.to(x.scalar_type()), d_weight, d_bias, at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  // Autograd keeps what backward needs as IValues; a function travels in a capsule.
  struct Hook : torch::CustomClassHolder {
    SumOverRanks sum;
  };
  static SumOverRanks& sum_of(AutogradContext* context) {
    auto& value = context->saved_data["sum"];
    if (value.isNone()) value = c10::IValue::make_capsule(c10::make_intrusive<Hook>());
    return static_cast<Hook*>(value.toCapsule().get())->sum;
  }
};

}  // namespace

BatchNorm2d::BatchNorm2d(int64_t channels, double eps, double momentum)
    : eps_(eps), momentum_(momentum) {
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  running_var = register_buffer("running_var", at::ones({channels}));
}

at::Tensor BatchNorm2d::forward(const at::Tensor& x) {
  const bool learns = is_training() && !frozen_;
  if (!learns || !sum_)
    return at::batch_norm(x, weight, bias, running_mean, running_var, learns, momentum_, eps_,
                          /*cudnn_enabled=*/true);
  Statistics statistics;
  {
    const at::NoGradGuard no_grad;
    statistics = global_statistics(x, sum_);
    const double unbiased = statistics.count / std::max(statistics.count - 1, 1.0);
    running_mean.lerp_(statistics.mean.to(at::kFloat), momentum_);
    running_var.lerp_((statistics.variance * unbiased).to(at::kFloat), momentum_);
  }
  return SyncedNorm::apply(x, weight, bias, statistics, eps_, sum_);
}

void synchronise_batch_norms(torch::nn::Module& network, const SumOverRanks& sum) {
  for (const auto& module : network.modules(/*include_self=*/false))
    if (auto* norm = module->as<BatchNorm2d>()) norm->synchronise(sum);
}

void reset_batch_norms(torch::nn::Module& network) {
  for (const auto& module : network.modules(/*include_self=*/false))
    if (auto* norm = module->as<BatchNorm2d>()) {
      norm->running_mean.zero_();
      norm->running_var.fill_(1);
    }
}

void freeze(torch::nn::Module& module) {
  for (at::Tensor& parameter : module.parameters()) parameter.set_requires_grad(false);
  for (const auto& part : module.modules())
    if (auto* norm = part->as<BatchNorm2d>()) norm->freeze();
}

}  // namespace evax::nn
