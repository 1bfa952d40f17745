#include "evax/nn/draw.h"

#include <ATen/ATen.h>

#include <cmath>

#include "evax/core/random.h"
#include "evax/nn/cpu.h"

namespace evax::nn {
namespace {

// FNV-1a, 64 bits.
uint64_t hash(std::string_view name) {
  uint64_t value = 0xCBF29CE484222325U;
  for (const char c : name) value = (value ^ static_cast<uint8_t>(c)) * 0x100000001B3U;
  return value;
}

Random stream(uint64_t seed, std::string_view name) {
  const uint64_t key = hash(name);
  return {seed, static_cast<uint32_t>(key >> 32), static_cast<uint32_t>(key), Draw::initialise};
}

double draw_normal(const Distribution& law, Random& random) {
  double value = random.normal(law.mean, law.std);
  while (law.cut > 0 && std::abs(value - law.mean) > law.cut)
    value = random.normal(law.mean, law.std);
  return value;
}

at::Tensor draw(const Distribution& law, at::IntArrayRef shape, Random random) {
  at::Tensor values = at::full(shape, law.mean, at::kFloat);
  if (law.std == 0 && law.uniform == 0) return values;
  auto* first = values.mutable_data_ptr<float>();
  for (float* value = first; value != first + values.numel(); ++value)
    *value = static_cast<float>(law.std > 0 ? draw_normal(law, random)
                                            : random.uniform(-law.uniform, law.uniform));
  return values;
}

}  // namespace

void draw_parameters(torch::nn::Module& network, uint64_t seed, const Law& law,
                     const std::string& prefix) {
  const auto parameters = network.named_parameters();
  parallel_for(static_cast<int64_t>(parameters.size()), 1, [&](size_t begin, size_t end) {
    const at::NoGradGuard no_grad;
    for (size_t i = begin; i < end; ++i) {
      const auto& [name, parameter] = parameters[i].pair();
      if (name.starts_with(prefix))
        at::Tensor(parameter).copy_(
            draw(law(name, parameter), parameter.sizes(), stream(seed, name)));
    }
  });
}

}  // namespace evax::nn
