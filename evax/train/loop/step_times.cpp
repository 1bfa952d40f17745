#include "evax/train/loop/step_times.h"

#include <fmt/format.h>

namespace evax::train {

double StepTimes::images_per_second() const {
  return total() > 0 ? static_cast<double>(images) / total() : 0;
}

StepTimes StepTimes::since(const StepTimes& earlier) const {
  return {data - earlier.data,         teacher - earlier.teacher,     forward - earlier.forward,
          backward - earlier.backward, optimizer - earlier.optimizer, images - earlier.images};
}

std::string StepTimes::sentence() const {
  const double percent = total() > 0 ? 100 / total() : 0;
  const std::string taught =
      teacher > 0 ? fmt::format("teacher {:.0f} %, ", teacher * percent) : "";
  return fmt::format(
      "{:.1f} images/s (data {:.0f} %, {}forward {:.0f} %, backward {:.0f} %, optimiser {:.0f} %)",
      images_per_second(), data * percent, taught, forward * percent, backward * percent,
      optimizer * percent);
}

}  // namespace evax::train
