#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <string_view>

#include "evax/core/random.h"
#include "evax/nn/network.h"

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

/// How EVA-X's classification constructor (spec A.5) and timm's VisionTransformer draw a parameter.
struct Distribution {
  double mean = 0, std = 0;
  double uniform = 0;  // half-width around 0
};

Distribution distribution_of(const std::string& name, const weights::ModelConfig& config) {
  constexpr double std = 0.02;
  constexpr double vit_cls_std = 1e-6;
  constexpr double vit_head_scale = 0.001;  // fine-tuning draws it so: 2e-5 (spec G)
  const auto ends = [&](const char* end) { return name.ends_with(end); };
  if (name.starts_with("patch_embed.")) {
    const double fan_in = 3.0 * config.patch_size * config.patch_size;
    return {.uniform = 1 / std::sqrt(fan_in)};
  }
  if (ends("norm.weight") || ends("norm1.weight") || ends("norm2.weight")) return {.mean = 1};
  if (ends("bias")) return {};
  if (name == "head.weight") return {.std = (config.is_eva_x() ? 0.001 : vit_head_scale) * std};
  if (!config.is_eva_x()) return {.std = name == "cls_token" ? vit_cls_std : std};
  if (ends("attn.proj.weight") || ends("mlp.fc2.weight")) {
    const int block = std::stoi(name.substr(std::string_view("blocks.").size()));
    return {.std = std / std::sqrt(2.0 * (block + 1))};
  }
  return {.std = std};
}

// The official normal numbers are cut at -2 and 2, a hundred standard deviations away: never.
void draw(const std::string& name, at::Tensor parameter, const weights::ModelConfig& config,
          uint64_t seed) {
  const Distribution law = distribution_of(name, config);
  const at::Tensor values = at::full(parameter.sizes(), law.mean, at::kFloat);
  if (law.std > 0 || law.uniform > 0) {
    Random random = stream(seed, name);
    auto* first = values.mutable_data_ptr<float>();
    for (float* value = first; value != first + values.numel(); ++value)
      *value = static_cast<float>(law.std > 0 ? random.normal(law.mean, law.std)
                                              : random.uniform(-law.uniform, law.uniform));
  }
  parameter.copy_(values);
}

void draw_all(Network& network, uint64_t seed, std::string_view prefix) {
  const auto parameters = network.named_parameters();
  at::parallel_for(0, static_cast<int64_t>(parameters.size()), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      const auto& item = parameters[static_cast<size_t>(i)];
      if (item.key().starts_with(prefix)) draw(item.key(), item.value(), network.config(), seed);
    }
  });
}

}  // namespace

void initialise(Network& network, uint64_t seed) { draw_all(network, seed, ""); }
void initialise_head(Network& network, uint64_t seed) {
  draw_all(network, seed, fmt::format("{}.", head_name(network.config())));
}

}  // namespace evax::nn
