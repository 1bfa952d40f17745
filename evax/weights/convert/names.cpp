#include "evax/weights/convert/names.h"

#include <algorithm>

#include "evax/core/error.h"

namespace evax::weights {
namespace {

struct Pair {
  std::string_view official, timm;
  bool only_split;
};
// Beginnings of the part of a name that follows "blocks.N.".
constexpr Pair pairs[] = {
    {"attn.inner_attn_ln.", "attn.norm.", false},
    {"mlp.ffn_ln.", "mlp.norm.", false},
    {"mlp.w12.", "mlp.fc1.", false},
    {"mlp.w1.", "mlp.fc1_g.", false},
    {"mlp.w2.", "mlp.fc1_x.", false},
    {"mlp.w3.", "mlp.fc2.", false},
    {"attn.q_bias", "attn.q_proj.bias", true},
    {"attn.v_bias", "attn.v_proj.bias", true},
};

constexpr std::string_view mgca_prefix = "img_encoder_q.model.";
// DistributedDataParallel wraps the whole model, so "module." may precede another.
constexpr std::string_view prefixes[] = {"module.", "visual.trunk.", "visual.", mgca_prefix};

/// Length of "blocks.N." at the start of a name, 0 without one.
size_t block_prefix(std::string_view name) {
  constexpr std::string_view blocks = "blocks.";
  if (!name.starts_with(blocks)) return 0;
  const size_t dot = name.find('.', blocks.size());
  return dot == std::string_view::npos ? 0 : dot + 1;
}

std::string renamed(std::string_view name, std::string_view Pair::* from,
                    std::string_view Pair::* to, bool qkv_split) {
  const size_t start = block_prefix(name);
  const std::string_view rest = name.substr(start);
  for (const Pair& pair : pairs)
    if (start > 0 && rest.starts_with(pair.*from) && (qkv_split || !pair.only_split))
      return std::string(name.substr(0, start)) + std::string(pair.*to) +
             std::string(rest.substr((pair.*from).size()));
  return std::string(name);
}

}  // namespace

std::optional<Naming> find_naming(const std::vector<std::string>& names) {
  const auto has = [&](std::string_view mlp) {
    const std::string ending = fmt::format("blocks.0.mlp.{}.weight", mlp);
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.ends_with(ending); });
  };
  if (has("w12") || has("w1")) return Naming::official;
  if (has("fc1") || has("fc1_g")) return Naming::timm;
  return std::nullopt;
}

std::string timm_name(std::string_view official, bool qkv_split) {
  return renamed(official, &Pair::official, &Pair::timm, qkv_split);
}

std::string official_name(std::string_view timm, bool qkv_split) {
  return renamed(timm, &Pair::timm, &Pair::official, qkv_split);
}

bool is_mgca(const TensorMap& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const auto& item) {
    return item.first.find(mgca_prefix) != std::string::npos;
  });
}

TensorMap strip_prefixes(TensorMap tensors, std::vector<std::string>& notes) {
  for (const std::string_view prefix : prefixes) {
    const bool whole = std::all_of(tensors.begin(), tensors.end(), [&](const auto& item) {
      return item.first.starts_with(prefix);
    });
    if (!whole && !tensors.contains(std::string(prefix) + "pos_embed")) continue;
    TensorMap stripped;
    for (auto& [name, tensor] : tensors)
      if (name.starts_with(prefix)) stripped.emplace(name.substr(prefix.size()), std::move(tensor));
    if (stripped.size() < tensors.size())
      notes.push_back(fmt::format("left out {} tensors without the prefix {}",
                                  tensors.size() - stripped.size(), prefix));
    tensors = std::move(stripped);
  }
  return tensors;
}

}  // namespace evax::weights
