// The float32 kernels, one source for every instruction set.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/engine/kernels/f32.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "evax/engine/kernels/f32-inl.h"
//
#include "evax/engine/kernels/attention-inl.h"
#include "evax/engine/kernels/attention_gradient-inl.h"
#include "evax/engine/kernels/gate-inl.h"
#include "evax/engine/kernels/gemm-inl.h"
#include "evax/engine/kernels/layer_norm-inl.h"
#include "evax/engine/kernels/map-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

const Gemm& gemm() { return GemmKernel<F32>::table(hwy::TargetName(HWY_TARGET)); }

const AttentionKernel& attention() { return AttentionOf<F32>::table(); }

const AttentionGradientKernel& attention_gradient() { return AttentionGradientOf<F32>::table(); }

const GateKernel& gate() { return GateOf<F32>::table(); }

const LayerNormKernel& layer_norm() {
  static const LayerNormKernel kernel{LayerNormOf<F32, F32>::run, LayerNormOf<F32, F32>::run};
  return kernel;
}

const MapKernel& map() {
  static const MapKernel kernel{blend, rectify};
  return kernel;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::engine::kernel {

HWY_EXPORT(gemm);
HWY_EXPORT(attention);
HWY_EXPORT(layer_norm);
HWY_EXPORT(map);
HWY_EXPORT(attention_gradient);
HWY_EXPORT(gate);

const Gemm& gemm_f32() { return HWY_DYNAMIC_DISPATCH(gemm)(); }
const AttentionKernel& attention_f32() { return HWY_DYNAMIC_DISPATCH(attention)(); }
const LayerNormKernel& layer_norm_f32() { return HWY_DYNAMIC_DISPATCH(layer_norm)(); }
const AttentionGradientKernel& attention_gradient_f32() {
  return HWY_DYNAMIC_DISPATCH(attention_gradient)();
}
const GateKernel& gate_f32() { return HWY_DYNAMIC_DISPATCH(gate)(); }
const MapKernel& map_f32() { return HWY_DYNAMIC_DISPATCH(map)(); }

}  // namespace evax::engine::kernel
#endif
