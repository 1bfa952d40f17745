#include "evax/engine/explain/mlp_gradient.h"

#include <algorithm>
#include <cmath>

#include "evax/engine/explain/layer_norm_gradient.h"
#include "evax/engine/explain/product.h"
#include "evax/engine/layers/mlp.h"

namespace evax::engine {
namespace {

// From gate | value to the slopes of silu(gate) * value by each.
void swiglu(float* inputs, float* activated, size_t hidden) {
  for (size_t i = 0; i < hidden; ++i) {
    const float gate = inputs[i];
    const float value = inputs[hidden + i];
    const float sigmoid = 1.0F / (1.0F + std::exp(-gate));
    const float silu = gate * sigmoid;
    activated[i] = silu * value;
    inputs[i] = value * (sigmoid + silu * (1.0F - sigmoid));
    inputs[hidden + i] = silu;
  }
}

// x Phi(x), whose slope is Phi(x) + x phi(x).
void gelu(float* inputs, float* activated, size_t hidden) {
  for (size_t i = 0; i < hidden; ++i) {
    const float x = inputs[i];
    const float distribution = 0.5F * std::erfc(-x * 0.70710678F);
    activated[i] = x * distribution;
    inputs[i] = distribution + x * 0.39894228F * std::exp(-0.5F * x * x);
  }
}

}  // namespace

MlpGradient::MlpGradient(const Scope& scope, const weights::ModelConfig& config,
                         const Kernels& kernels, Arena& arena)
    : hidden_(static_cast<size_t>(config.mlp_hidden)),
      swiglu_(config.swiglu()),
      fc1_(fc1_columns(scope, config), kernel::Epilogue::store, kernels, arena),
      fc1_back_(fc1_columns(scope, config).transposed(), kernel::Epilogue::store, kernels, arena) {
  if (config.sub_ln) norm_.emplace(scope / "norm", hidden_, kernels);
}

MlpGradient::Memory MlpGradient::make_memory(size_t tokens, Arena& arena) const {
  Memory memory;
  memory.slopes = take_matrix(arena, tokens, fc1_.outputs());
  memory.gradient = take_matrix(arena, tokens, fc1_.outputs());
  memory.activated = take_matrix(arena, tokens, hidden_);
  memory.output = norm_ ? take_matrix(arena, tokens, hidden_) : memory.activated;
  return memory;
}

void MlpGradient::forward(const Matrix& y, const Memory& memory, Rows rows) const {
  fc1_(y, memory.slopes, rows);
  for (size_t row = rows.begin; row < rows.end; ++row)
    (swiglu_ ? swiglu : gelu)(floats(memory.slopes, row), floats(memory.activated, row), hidden_);
  if (norm_) norm_->stream(memory.activated, memory.output, rows);
}

void MlpGradient::backward(const float* d_output, const Memory& memory, const Matrix& dy,
                           Rows rows) const {
  for (size_t row = rows.begin; row < rows.end; ++row) {
    const float* slopes = floats(memory.slopes, row);
    float* gradient = floats(memory.gradient, row);
    if (norm_)
      layer_norm_gradient(floats(memory.activated, row), norm_->weight().data(), d_output, hidden_,
                          gradient);
    else
      std::copy_n(d_output, hidden_, gradient);
    if (swiglu_)
      for (size_t i = 0; i < hidden_; ++i)
        gradient[hidden_ + i] = gradient[i] * slopes[hidden_ + i];
    for (size_t i = 0; i < hidden_; ++i) gradient[i] *= slopes[i];
  }
  fc1_back_(memory.gradient, dy, rows);
}

}  // namespace evax::engine
