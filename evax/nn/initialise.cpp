#include <cmath>
#include <string_view>

#include "evax/nn/draw.h"
#include "evax/nn/eva_x.h"

namespace evax::nn {
namespace {

/// How the classification constructor draws a parameter (spec A.5). The official normal numbers are
/// cut at -2 and 2, a hundred standard deviations away: never.
Distribution distribution_of(const std::string& name, const weights::ModelConfig& config) {
  constexpr double std = 0.02;
  const auto ends = [&](const char* end) { return name.ends_with(end); };
  if (name.starts_with("patch_embed.")) {
    const double fan_in = 3.0 * config.patch_size * config.patch_size;
    return {.uniform = 1 / std::sqrt(fan_in)};
  }
  if (ends("norm.weight") || ends("norm1.weight") || ends("norm2.weight")) return {.mean = 1};
  if (ends("bias")) return {};
  if (name == "head.weight") return {.std = 0.001 * std};
  if (ends("attn.proj.weight") || ends("mlp.fc2.weight")) {
    const int block = std::stoi(name.substr(std::string_view("blocks.").size()));
    return {.std = std / std::sqrt(2.0 * (block + 1))};
  }
  return {.std = std};
}

void draw_all(EvaX& model, uint64_t seed, const std::string& prefix) {
  const auto law = [&](const std::string& name, const at::Tensor&) {
    return distribution_of(name, model.config());
  };
  draw_parameters(model, seed, law, prefix);
}

}  // namespace

void initialise(EvaX& model, uint64_t seed) { draw_all(model, seed, ""); }
void initialise_head(EvaX& model, uint64_t seed) { draw_all(model, seed, "head."); }

}  // namespace evax::nn
