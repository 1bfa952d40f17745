#include "evax/weights/convert/names.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "evax/core/error.h"
#include "evax/weights/check.h"

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

/// Modules that PyTorch puts around parts of a network; no parameter of its own is called so.
constexpr std::string_view inner_wrappers[] = {"._orig_mod.", "._fsdp_wrapped_module.",
                                               "._checkpoint_wrapped_module.", "._forward_module."};

/// How PEFT, loralib and their kin call the parts of their names: attn.qkv.lora_A.default.weight.
bool is_adapter(std::string_view name) {
  constexpr std::string_view beginnings[] = {"lora_", "hada_", "lokr_", "oft_",
                                             "boft_", "vera_", "ia3_"};
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view part = name.substr(0, dot);
    if (part == "base_layer" || part == "modules_to_save" ||
        std::any_of(std::begin(beginnings), std::end(beginnings),
                    [&](std::string_view beginning) { return part.starts_with(beginning); }))
      return true;
    if (dot == std::string_view::npos) return false;
    name.remove_prefix(dot + 1);
  }
}

/// model_ema., ema., ema_model.module.: weights averaged over the training.
bool is_averaged(const std::string& prefix) {
  return prefix.starts_with("ema.") || prefix.starts_with("ema_") ||
         prefix.find("_ema.") != std::string::npos || prefix.find(".ema.") != std::string::npos ||
         prefix.find(".ema_") != std::string::npos;
}

/// Length of "blocks.N." at the start of a name, 0 without one.
size_t block_prefix(std::string_view name) {
  constexpr std::string_view blocks = "blocks.";
  if (!name.starts_with(blocks)) return 0;
  const size_t dot = name.find('.', blocks.size());
  return dot == std::string_view::npos ? 0 : dot + 1;
}

std::string renamed(std::string_view name, std::string_view Pair::*from, std::string_view Pair::*to,
                    bool qkv_split) {
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

TensorMap without_inner_wrappers(TensorMap tensors, const std::string& path,
                                 std::vector<std::string>& notes) {
  TensorMap renamed;
  std::set<std::string_view> removed;
  for (auto& [name, tensor] : tensors) {
    std::string plain = "." + name;
    for (const std::string_view wrapper : inner_wrappers)
      for (size_t at = plain.find(wrapper); at != std::string::npos; at = plain.find(wrapper)) {
        plain.erase(at, wrapper.size() - 1);
        removed.insert(wrapper.substr(1));
      }
    plain.erase(0, 1);
    if (!renamed.emplace(plain, std::move(tensor)).second)
      fail("{}: two tensors would both become {}", path, plain);
  }
  for (const std::string_view wrapper : removed)
    notes.push_back(fmt::format("removed {} from the names", wrapper));
  return renamed;
}

void refuse_adapters(const TensorMap& tensors, const std::string& path) {
  std::vector<std::string> adapters;
  for (const auto& item : tensors)
    if (is_adapter(item.first)) adapters.push_back(item.first);
  if (!adapters.empty())
    fail(
        "{}: expected a network's own weights, found adapters that are not merged into them ({}): "
        "merge them (peft: merge_and_unload()), save and import that",
        path, list_some(adapters));
}

std::vector<std::string> prefixes_of(const TensorMap& tensors, std::string_view stem) {
  std::vector<std::string> prefixes;
  for (const auto& item : tensors) {
    if (!item.first.ends_with(stem)) continue;
    std::string prefix = item.first.substr(0, item.first.size() - stem.size());
    if (prefix.empty() || prefix.ends_with('.')) prefixes.push_back(std::move(prefix));
  }
  return prefixes;
}

std::string network_prefix(const TensorMap& tensors, std::string_view stem,
                           const std::string& path) {
  const std::vector<std::string> prefixes = prefixes_of(tensors, stem);
  if (prefixes.empty()) return "";
  if (prefixes.size() == 1) return prefixes[0];
  std::vector<std::string> averaged;
  std::copy_if(prefixes.begin(), prefixes.end(), std::back_inserter(averaged), is_averaged);
  if (averaged.size() == 1) return averaged[0];
  fail("{}: expected one network, found {}, whose names begin with {}", path, prefixes.size(),
       list_some(prefixes));
}

TensorMap take_prefix(TensorMap tensors, const std::string& prefix,
                      std::vector<std::string>& notes) {
  if (prefix.empty()) return tensors;
  TensorMap taken;
  std::vector<std::string> others;
  for (auto& [name, tensor] : tensors)
    if (name.starts_with(prefix))
      taken.emplace(name.substr(prefix.size()), std::move(tensor));
    else
      others.push_back(name);
  notes.push_back(fmt::format("removed the prefix {} from the names", prefix));
  if (!others.empty())
    notes.push_back(fmt::format("left out {} tensors without the prefix {}: {}", others.size(),
                                prefix, list_some(others)));
  return taken;
}

}  // namespace evax::weights
