// The AMX kernels on emulated tiles, for the oldest CPU this build runs on.

#include "evax/engine/testing/emulated_amx.h"

#define HWY_COMPILE_ONLY_STATIC
#include <hwy/highway.h>

#include "evax/engine/kernels/amx/portable_bf16-inl.h"
#include "evax/engine/kernels/f32-inl.h"
//
#include "evax/engine/kernels/amx/attention-inl.h"
#include "evax/engine/kernels/amx/attention_gradient-inl.h"
#include "evax/engine/kernels/amx/product-inl.h"
#include "evax/engine/kernels/amx/weight_gradient-inl.h"
#include "evax/engine/kernels/gate-inl.h"
#include "evax/engine/kernels/int8/product-inl.h"
#include "evax/engine/kernels/layer_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel::HWY_NAMESPACE {
namespace {

const LayerNormKernel& layer_norm() {
  static const LayerNormKernel kernel{LayerNormOf<F32, PortableBf16>::run,
                                      LayerNormOf<PortableBf16, PortableBf16>::run};
  return kernel;
}

void from_floats(const float* x, void* y, size_t count) {
  auto* out = static_cast<uint16_t*>(y);
  for (size_t i = 0; i < count; ++i) out[i] = float_to_bf16(x[i]);
}

}  // namespace
}  // namespace evax::engine::kernel::HWY_NAMESPACE

namespace evax::engine::testing {

namespace emulated = kernel::HWY_NAMESPACE;

// Out: the activations' type.
template <class Out>
const kernel::Gemm& int8_gemm() {
  using Product = emulated::AmxProduct<kernel::EmulatedTiles, emulated::Int8Tiles, Out>;
  return emulated::Int8Gemm<emulated::Int8Tiles, Product, Out, emulated::amx_panel>::table(
      "emulated AMX");
}

const kernel::Gemm& emulated_amx_int8() { return int8_gemm<emulated::ExactF32>(); }

Kernels emulated_amx() {
  return {
      sizeof(uint16_t),
      &emulated::AmxProduct<kernel::EmulatedTiles, emulated::PortableBf16>::table("emulated AMX"),
      &int8_gemm<emulated::PortableBf16>(),
      &emulated::AmxAttention<kernel::EmulatedTiles, emulated::PortableBf16>::table(),
      &emulated::layer_norm(),
      &kernel::map_f32(),
      &emulated::AmxAttentionGradient<kernel::EmulatedTiles, emulated::PortableBf16>::table(),
      &emulated::GateOf<emulated::PortableBf16>::table(),
      &emulated::AmxWeightGradient<kernel::EmulatedTiles, emulated::PortableBf16>::table(),
      emulated::from_floats};
}

}  // namespace evax::engine::testing
HWY_AFTER_NAMESPACE();
