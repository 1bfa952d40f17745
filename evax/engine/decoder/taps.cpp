#include "evax/engine/decoder/taps.h"

#include <algorithm>
#include <cmath>

namespace evax::engine {
namespace {

// A kernel's position from [outputs, inputs, positions], or from [inputs, outputs, positions].
Tensor position_of(const Tensor& weight, int64_t outputs, int64_t inputs, int64_t position,
                   bool transposed) {
  const int64_t positions = weight.size(2) * weight.size(3);
  Tensor tap(DType::f32, {outputs, inputs});
  const auto from = weight.floats();
  const auto to = tap.mutable_floats();
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t i = 0; i < inputs; ++i) {
      const int64_t pair = transposed ? i * outputs + o : o * inputs + i;
      to[static_cast<size_t>(o * inputs + i)] =
          from[static_cast<size_t>(pair * positions + position)];
    }
  return tap;
}

Taps taps_of(const Tensor& weight, int64_t outputs, int64_t inputs, bool transposed) {
  Taps taps;
  for (int64_t position = 0; position < weight.size(2) * weight.size(3); ++position)
    taps.weights.push_back(position_of(weight, outputs, inputs, position, transposed));
  taps.bias.resize(static_cast<size_t>(outputs));
  return taps;
}

std::vector<float> values(const Scope& scope, std::string_view name, int64_t size) {
  const Tensor tensor = scope.get(name, {size});
  return {tensor.floats().begin(), tensor.floats().end()};
}

}  // namespace

Taps conv_module(const Scope& scope, int64_t outputs, int64_t inputs, int64_t kernel) {
  const Tensor weight = scope.get("conv.weight", {outputs, inputs, kernel, kernel});
  return normalised(taps_of(weight, outputs, inputs, false), scope / "bn");
}

Taps conv(const Scope& scope, int64_t outputs, int64_t inputs) {
  Taps taps = taps_of(scope.get("weight", {outputs, inputs, 1, 1}), outputs, inputs, false);
  taps.bias = values(scope, "bias", outputs);
  return taps;
}

Taps conv_transpose(const Scope& scope, int64_t inputs, int64_t outputs) {
  Taps taps = taps_of(scope.get("weight", {inputs, outputs, 2, 2}), outputs, inputs, true);
  taps.bias = values(scope, "bias", outputs);
  return taps;
}

Taps normalised(Taps taps, const Scope& scope) {
  constexpr double epsilon = 1e-5;
  const int64_t outputs = taps.outputs();
  const auto inputs = static_cast<size_t>(taps.inputs());
  const std::vector<float> weight = values(scope, "weight", outputs);
  const std::vector<float> bias = values(scope, "bias", outputs);
  const std::vector<float> mean = values(scope, "running_mean", outputs);
  const std::vector<float> variance = values(scope, "running_var", outputs);
  for (size_t o = 0; o < weight.size(); ++o) {
    const double scale = weight[o] / std::sqrt(variance[o] + epsilon);
    taps.bias[o] = static_cast<float>((double{taps.bias[o]} - mean[o]) * scale + bias[o]);
    for (Tensor& tap : taps.weights)
      for (float& value : tap.mutable_floats().subspan(o * inputs, inputs))
        value = static_cast<float>(value * scale);
  }
  return taps;
}

Taps composed(const Taps& first, const Taps& second) {
  const auto inputs = static_cast<size_t>(first.inputs());
  const auto middle = static_cast<size_t>(second.inputs());
  const auto outputs = static_cast<size_t>(second.outputs());
  const auto mix = second.weights.front().floats();
  Taps both{{}, second.bias};
  for (size_t o = 0; o < outputs; ++o)
    for (size_t m = 0; m < middle; ++m) both.bias[o] += mix[o * middle + m] * first.bias[m];
  for (const Tensor& tap : first.weights) {
    Tensor product(DType::f32, {second.outputs(), first.inputs()});
    for (size_t o = 0; o < outputs; ++o) {
      float* row = product.mutable_floats().data() + o * inputs;
      for (size_t m = 0; m < middle; ++m) {
        const float factor = mix[o * middle + m];
        const float* from = tap.floats().data() + m * inputs;
        for (size_t i = 0; i < inputs; ++i) row[i] += factor * from[i];
      }
    }
    both.weights.push_back(std::move(product));
  }
  return both;
}

Taps inputs_of(const Taps& taps, int64_t begin, int64_t count) {
  Taps part{{}, taps.bias};
  for (const Tensor& tap : taps.weights) {
    Tensor columns(DType::f32, {taps.outputs(), count});
    for (int64_t o = 0; o < taps.outputs(); ++o)
      std::copy_n(tap.floats().data() + o * taps.inputs() + begin, count,
                  columns.mutable_floats().data() + o * count);
    part.weights.push_back(std::move(columns));
  }
  return part;
}

Linear linear_of(const Taps& taps, size_t tap, bool with_bias, kernel::Epilogue epilogue,
                 const Kernels& kernels, Arena& arena) {
  Columns columns(static_cast<size_t>(taps.inputs()));
  columns.append(taps.weights[tap], with_bias ? Tensor::from_floats({taps.outputs()}, taps.bias)
                                              : Tensor(DType::f32, {0}));
  return {std::move(columns), epilogue, kernels, arena};
}

}  // namespace evax::engine
