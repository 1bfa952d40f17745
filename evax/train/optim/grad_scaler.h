#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace evax::train {

/// Dynamic loss scale for float16, whose gradients would otherwise vanish below 6e-8: the loss is
/// multiplied, the gradients are divided again before they are used. The scale starts at 2^16,
/// halves at every overflow and doubles after 2000 steps without one (torch.amp.GradScaler).
class GradScaler {
 public:
  /// The factor of the loss; 1, and all else does nothing, when not enabled.
  explicit GradScaler(bool enabled);

  bool enabled() const { return enabled_; }
  double scale() const { return scale_; }
  /// After every step; finite = false: an overflow, by which the step was skipped.
  void update(bool finite);

  nlohmann::ordered_json state() const;
  /// Throws Error when it is not what state() gives.
  void set_state(const nlohmann::ordered_json& state);

 private:
  bool enabled_;
  double scale_;
  int64_t finite_steps_ = 0;
};

}  // namespace evax::train
