#pragma once

#include <cstddef>

#include "evax/engine/kernels/attention.h"
#include "evax/engine/kernels/attention_gradient.h"
#include "evax/engine/kernels/gate.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/kernels/layer_norm.h"
#include "evax/engine/kernels/map.h"
#include "evax/engine/kernels/weight_gradient.h"
#include "evax/engine/precision.h"

namespace evax::engine {

/// Everything a network runs on, for one type of activations, chosen for this CPU.
struct Kernels {
  size_t element;  // bytes of one activation
  const kernel::Gemm* gemm;
  const kernel::Gemm* gemm_int8;  // for layers in 8 bits
  const kernel::AttentionKernel* attention;
  const kernel::LayerNormKernel* layer_norm;
  const kernel::MapKernel* map;
  // For training.
  const kernel::AttentionGradientKernel* attention_gradient;
  const kernel::GateKernel* gate;
  const kernel::WeightGradientKernel* weight_gradient;         // null: LibTorch does better
  void (*from_floats)(const float* x, void* y, size_t count);  // to activations
};

/// fp32 or bf16; bf16 needs has_bf16().
Kernels select_kernels(Precision precision);

}  // namespace evax::engine
