#include "evax/nn/layers/batch_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <barrier>
#include <mutex>
#include <thread>

namespace evax::nn {
namespace {

// Ranks as threads: each adds its tensor, all leave with the sum.
class Ranks {
 public:
  explicit Ranks(std::ptrdiff_t count) : barrier_(count) {}
  void sum(at::Tensor& tensor) {
    {
      const std::lock_guard lock(mutex_);
      total_ = total_.defined() ? total_ + tensor : tensor.clone();
    }
    barrier_.arrive_and_wait();
    tensor.copy_(total_);
    barrier_.arrive_and_wait();
    {
      const std::lock_guard lock(mutex_);
      total_.reset();
    }
    barrier_.arrive_and_wait();
  }

 private:
  std::barrier<> barrier_;
  std::mutex mutex_;
  at::Tensor total_;
};

struct Pass {
  at::Tensor y, dx, d_weight, d_bias, mean, variance;
};

Pass run(const at::Tensor& x, const at::Tensor& dy, const SumOverRanks& sum) {
  BatchNorm2d norm(x.size(1));
  {
    const at::NoGradGuard no_grad;
    norm.weight.copy_(at::linspace(0.5, 2, x.size(1)));
    norm.bias.copy_(at::linspace(-1, 1, x.size(1)));
  }
  if (sum) norm.synchronise(sum);
  const at::Tensor input = x.clone().set_requires_grad(true);
  const at::Tensor y = norm.forward(input);
  (y * dy).sum().backward();
  return {y.detach(),       input.grad(),      norm.weight.grad(),
          norm.bias.grad(), norm.running_mean, norm.running_var};
}

void expect_near(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_LE((found - expected).abs().max().item<double>(),
            2e-6 * std::max(1.0, expected.abs().max().item<double>()));
}

// The oracle is LibTorch's own batch_norm over the whole batch.
TEST(BatchNorm2d, RanksOfUnequalBatchesNormaliseAsOneProcess) {
  at::manual_seed(0);
  const at::Tensor x = at::randn({6, 5, 7, 3}) * 3 + 20;  // a mean well above the deviation
  const at::Tensor dy = at::randn({6, 5, 7, 3});
  const Pass one = run(x, dy, {});

  const std::vector<int64_t> sizes{4, 2};
  const auto xs = x.split(at::IntArrayRef(sizes));
  const auto dys = dy.split(at::IntArrayRef(sizes));
  Ranks ranks(2);
  const SumOverRanks sum = [&](at::Tensor& tensor) { ranks.sum(tensor); };
  std::vector<Pass> parts(2);
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < 2; ++rank)
    threads.emplace_back([&, rank] { parts[rank] = run(xs[rank], dys[rank], sum); });
  for (std::thread& thread : threads) thread.join();

  expect_near(at::cat({parts[0].y, parts[1].y}), one.y);
  expect_near(at::cat({parts[0].dx, parts[1].dx}), one.dx);
  expect_near(parts[0].d_weight + parts[1].d_weight, one.d_weight);
  expect_near(parts[0].d_bias + parts[1].d_bias, one.d_bias);
  for (const Pass& part : parts) {
    expect_near(part.mean, one.mean);
    expect_near(part.variance, one.variance);
  }
  // Without synchronisation the ranks would differ: the test can fail.
  EXPECT_GT((run(xs[0], dys[0], {}).y - one.y.narrow(0, 0, 4)).abs().max().item<double>(), 1e-2);
}

// Autocast hands on bfloat16, of 8 bits: what comes out has that error, the statistics must not.
TEST(BatchNorm2d, TakesBfloat16) {
  at::manual_seed(0);
  const at::Tensor x = (at::randn({6, 5, 7, 3}) * 3 + 20).to(at::kBFloat16);
  const at::Tensor dy = at::randn({6, 5, 7, 3}).to(at::kBFloat16);
  const Pass wide = run(x.to(at::kFloat), dy.to(at::kFloat), {});
  const Pass synced = run(x, dy, [](at::Tensor&) {});  // one rank: the sum is its own
  EXPECT_EQ(synced.y.scalar_type(), at::kBFloat16);
  EXPECT_LE((synced.y - wide.y).abs().max().item<double>(), 0x1p-8 * 8);  // values up to 8
  EXPECT_LE((synced.dx - wide.dx).abs().max().item<double>(), 0x1p-8 * 2);
  expect_near(synced.d_weight, wide.d_weight);
  expect_near(synced.d_bias, wide.d_bias);
  expect_near(synced.mean, wide.mean);
  expect_near(synced.variance, wide.variance);
}

TEST(BatchNorm2d, EvaluatesWithItsRunningStatistics) {
  BatchNorm2d norm(2);
  norm.synchronise([](at::Tensor&) { FAIL() << "evaluation has nothing to exchange"; });
  norm.eval();
  const at::Tensor x = at::randn({1, 2, 3, 3});
  EXPECT_LE((norm.forward(x) - x / std::sqrt(1 + 1e-5)).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(norm.running_mean.abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace evax::nn
