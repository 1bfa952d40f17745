#include "evax/train/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "evax/core/error.h"

namespace evax::train {
namespace {

// 0 at the end of the warm-up, 1 at the end of the training.
double progress(double step, double warmup, double steps) {
  if (step <= warmup || steps <= warmup) return 0;
  return std::min(1.0, (step - warmup) / (steps - warmup));
}

// The factor from 1 to 0 between lr and min_lr.
double decay(const OptimRecipe& optim, int64_t step, double warmup, int64_t steps_per_epoch,
             int64_t steps) {
  if (optim.schedule == "constant") return 1;
  const double part = progress(static_cast<double>(step), warmup, static_cast<double>(steps));
  if (optim.schedule == "cosine") return 0.5 * (1 + std::cos(std::numbers::pi * part));
  if (optim.schedule == "linear") return 1 - part;
  if (optim.schedule != "poly")
    fail("optim.schedule: expected constant, cosine, linear or poly, found '{}'", optim.schedule);
  const int64_t reached =
      optim.poly_by == "epoch" ? step / steps_per_epoch * steps_per_epoch : step;
  const double left = 1 - static_cast<double>(reached) / static_cast<double>(steps);
  return std::pow(std::max(0.0, left), optim.poly_power);
}

}  // namespace

double learning_rate(const OptimRecipe& optim, int64_t step, int64_t steps_per_epoch,
                     int64_t steps) {
  double warmup = optim.warmup_steps > 0
                      ? static_cast<double>(optim.warmup_steps)
                      : optim.warmup_epochs * static_cast<double>(steps_per_epoch);
  if (optim.warmup_inclusive) warmup = std::floor(warmup);
  const double rate =
      optim.min_lr + (optim.lr - optim.min_lr) * decay(optim, step, warmup, steps_per_epoch, steps);
  if (static_cast<double>(step) >= warmup) return rate;
  const double last = optim.warmup_inclusive ? std::max(1.0, warmup - 1) : warmup;
  const double part = static_cast<double>(step) / last;
  return rate * (part + optim.warmup_ratio * (1 - part));
}

}  // namespace evax::train
