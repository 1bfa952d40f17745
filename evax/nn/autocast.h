#pragma once

#include <ATen/autocast_mode.h>

#include <optional>

namespace evax::nn {

/// While it lives, LibTorch runs matrix products and attention on `device` in `dtype` (bfloat16 or
/// float16) and everything delicate in float32; nothing: plain float32. One thread's setting;
/// nests.
class Autocast {
 public:
  Autocast(at::DeviceType device, std::optional<at::ScalarType> dtype);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

  /// The setting of this thread.
  static std::optional<at::ScalarType> current(at::DeviceType device);

 private:
  at::DeviceType device_;
  bool was_enabled_;
  bool was_caching_;
  at::ScalarType previous_dtype_;
};

}  // namespace evax::nn
