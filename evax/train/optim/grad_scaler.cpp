#include "evax/train/optim/grad_scaler.h"

#include <cmath>

#include "evax/core/error.h"
#include "evax/core/json.h"

namespace evax::train {
namespace {

constexpr double first_scale = 65536;
constexpr int64_t growth_interval = 2000;

}  // namespace

GradScaler::GradScaler(bool enabled) : enabled_(enabled), scale_(enabled ? first_scale : 1) {}

void GradScaler::update(bool finite) {
  if (!enabled_) return;
  finite_steps_ = finite ? finite_steps_ + 1 : 0;
  if (!finite) scale_ /= 2;
  if (finite_steps_ < growth_interval) return;
  scale_ *= 2;
  finite_steps_ = 0;
}

nlohmann::ordered_json GradScaler::state() const {
  return {{"scale", scale_}, {"finite_steps", finite_steps_}};
}

void GradScaler::set_state(const nlohmann::ordered_json& state) {
  try {
    const double scale = state.at("scale").get<double>();
    if (!std::isfinite(scale) || scale <= 0)
      fail("loss scale: expected a positive number, found {}", scale);
    finite_steps_ = state.at("finite_steps").get<int64_t>();
    if (enabled_) scale_ = scale;
  } catch (const nlohmann::json::exception& error) {
    fail("loss scale: expected its scale and finite_steps, found {}", shown(state));
  }
}

}  // namespace evax::train
