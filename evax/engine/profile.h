#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace evax::engine {

enum class Stage { embed, layer_norm, matmul, attention, head, decoder };
inline constexpr std::array<std::string_view, 6> stage_names{"embed",     "layer norm", "matmul",
                                                             "attention", "head",       "decoder"};

/// Seconds spent in each stage, summed by one thread; SwiGLU is part of the matmul it ends.
class Profile {
 public:
  void start() { last_ = Clock::now(); }
  /// Books the time since the last call on `stage`.
  void book(Stage stage) {
    const auto now = Clock::now();
    seconds_[static_cast<size_t>(stage)] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }
  double seconds(Stage stage) const { return seconds_[static_cast<size_t>(stage)]; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_{};
  std::array<double, stage_names.size()> seconds_{};
};

}  // namespace evax::engine
