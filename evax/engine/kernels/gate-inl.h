// The gate of SwiGLU there and back (gate.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_GATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_GATE_INL_H_
#undef EVAX_ENGINE_KERNELS_GATE_INL_H_
#else
#define EVAX_ENGINE_KERNELS_GATE_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/activation-inl.h"
#include "evax/engine/kernels/gate.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Type: F32 or Bf16.
template <class Type>
struct GateOf {
  using T = typename Type::T;

  static void forward(const void* halves, size_t hidden, void* y) {
    const auto* gates = static_cast<const T*>(halves);
    const T* values = gates + hidden;
    auto* HWY_RESTRICT out = static_cast<T*>(y);
    const auto gated = [&](Vector g, Vector v) { return hn::Mul(silu<Type>(g), v); };
    const size_t whole = hidden / lanes * lanes;
    for (size_t i = 0; i < whole; i += lanes)
      Type::store(gated(Type::load(gates + i), Type::load(values + i)), out + i);
    const size_t rest = hidden - whole;
    if (rest == 0) return;
    Type::store_first(
        rest, gated(Type::load_first(rest, gates + whole), Type::load_first(rest, values + whole)),
        out + whole);
  }

  static void backward(const void* halves, const void* d_y, size_t hidden, void* d_halves) {
    const Floats d;
    const Vector one = hn::Set(d, 1.0F);
    const auto* gates = static_cast<const T*>(halves);
    const T* values = gates + hidden;
    const auto* d_out = static_cast<const T*>(d_y);
    auto* HWY_RESTRICT d_gates = static_cast<T*>(d_halves);
    T* HWY_RESTRICT d_values = d_gates + hidden;
    // With s = 1 / (1 + e^-g): y = g s v, dy/dv = g s, dy/dg = v s (1 + g (1 - s)).
    const auto step = [&](Vector g, Vector v, Vector dy, const auto& store_first,
                          const auto& store_second) {
      const Vector s = Type::divide(one, hn::Add(one, Type::exponential(hn::Neg(g))));
      const Vector dys = hn::Mul(dy, s);
      store_first(hn::Mul(hn::Mul(dys, v), hn::MulAdd(g, hn::Sub(one, s), one)));
      store_second(hn::Mul(dys, g));
    };
    const size_t whole = hidden / lanes * lanes;
    for (size_t i = 0; i < whole; i += lanes)
      step(
          Type::load(gates + i), Type::load(values + i), Type::load(d_out + i),
          [&](Vector x) { Type::store(x, d_gates + i); },
          [&](Vector x) { Type::store(x, d_values + i); });
    const size_t rest = hidden - whole;
    if (rest == 0) return;
    step(
        Type::load_first(rest, gates + whole), Type::load_first(rest, values + whole),
        Type::load_first(rest, d_out + whole),
        [&](Vector x) { Type::store_first(rest, x, d_gates + whole); },
        [&](Vector x) { Type::store_first(rest, x, d_values + whole); });
  }

  static const GateKernel& table() {
    static const GateKernel gate{forward, backward};
    return gate;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
