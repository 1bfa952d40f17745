#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <functional>

namespace evax::nn {

/// Adds up a tensor in place over the processes of a training.
using SumOverRanks = std::function<void(at::Tensor&)>;

/// Batch normalisation of [N, C, H, W] (Ioffe and Szegedy 2015), named and computed as PyTorch's
/// BatchNorm2d, without num_batches_tracked: the momentum is fixed. With `synchronise`, the
/// statistics of a training step are those of the images of all ranks, so that n processes with
/// batch b normalise as one with n b (SyncBatchNorm).
class BatchNorm2d : public torch::nn::Module {
 public:
  explicit BatchNorm2d(int64_t channels, double eps = 1e-5, double momentum = 0.1);

  at::Tensor forward(const at::Tensor& x);

  /// From now on every training forward and its backward call `sum` once, on every rank, in order.
  void synchronise(SumOverRanks sum) { sum_ = std::move(sum); }
  /// From now on training normalises as evaluation does and changes no statistics.
  void freeze() { frozen_ = true; }

  at::Tensor weight, bias;               // parameters
  at::Tensor running_mean, running_var;  // buffers

 private:
  double eps_, momentum_;
  SumOverRanks sum_;  // empty: one process
  bool frozen_ = false;
};

/// Calls `synchronise` on every BatchNorm2d of a network.
void synchronise_batch_norms(torch::nn::Module& network, const SumOverRanks& sum);
/// Forgets the running statistics of every BatchNorm2d of a network: mean 0, variance 1.
void reset_batch_norms(torch::nn::Module& network);
/// From now on the module learns nothing: no gradients, no statistics.
void freeze(torch::nn::Module& module);

}  // namespace evax::nn
