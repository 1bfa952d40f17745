#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>

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

/// body(x) without autocast, x in float32 at least: for what makes scores, the final norm, the
/// pooling and the head. The 8 bits of bfloat16 would leave but a few dozen different ones.
template <class Body>
at::Tensor in_float32(const at::Tensor& x, const Body& body) {
  const Autocast exact(x.device().type(), std::nullopt);
  return body(at::isReducedFloatingType(x.scalar_type()) ? x.to(at::kFloat) : x);
}

}  // namespace evax::nn
