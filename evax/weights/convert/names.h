#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evax/weights/safetensors.h"

namespace evax::weights {

/// The two ways of naming EVA-X's parameters (spec A.6 b and c). Shapes are the same in both.
enum class Naming { official, timm };

/// Recognises the naming by the MLP of the first block, whatever prefix comes before it.
std::optional<Naming> find_naming(const std::vector<std::string>& names);

/// One parameter's name in the other naming. `qkv_split` distinguishes the biases of q and v, which
/// belong to q_proj and v_proj in timm's split attention.
std::string timm_name(std::string_view official, bool qkv_split);
std::string official_name(std::string_view timm, bool qkv_split);

/// Whether these are MGCA's, image and text encoders together (spec B.4).
bool is_mgca(const TensorMap& tensors);

/// Without what compilation, sharding and checkpointing of modules put into the names (_orig_mod.,
/// _fsdp_wrapped_module., ...), wherever it appears. Throws Error when two names become one.
TensorMap without_inner_wrappers(TensorMap tensors, const std::string& path,
                                 std::vector<std::string>& notes);

/// Throws Error when there are low-rank adapters that are not merged into the weights: without them
/// the network would be another.
void refuse_adapters(const TensorMap& tensors, const std::string& path);

/// What comes before `stem`, a parameter that a network has once, in the tensors' names: "", or
/// what wrappers and training programs put there: "module.visual.", "model.backbone.".
std::vector<std::string> prefixes_of(const TensorMap& tensors, std::string_view stem);

/// The one prefix, or of several that of averaged weights; empty without the stem. Throws Error
/// naming them when it could be any of them.
std::string network_prefix(const TensorMap& tensors, std::string_view stem,
                           const std::string& path);

/// The tensors behind a prefix, without it; what is beside them is left out and named in `notes`.
TensorMap take_prefix(TensorMap tensors, const std::string& prefix,
                      std::vector<std::string>& notes);

}  // namespace evax::weights
