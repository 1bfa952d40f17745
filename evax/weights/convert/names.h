#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evax/weights/safetensors.h"

namespace evax::weights {

/// The two ways of naming EVA-X's parameters (spec A.6 b and c). Shapes are the same in both.
enum class Naming { official, timm };

/// Tells the naming by the MLP of the first block, whatever prefix stands before it.
std::optional<Naming> find_naming(const std::vector<std::string>& names);

/// One parameter's name in the other naming. `qkv_split` tells apart the biases of q and v, which
/// belong to q_proj and v_proj in timm's split attention.
std::string timm_name(std::string_view official, bool qkv_split);
std::string official_name(std::string_view timm, bool qkv_split);

/// Whether these are MGCA's, image and text encoders together (spec B.4).
bool is_mgca(const TensorMap& tensors);

/// The tensors of one tower without the prefixes that wrappers leave (module., visual.trunk.,
/// visual., MGCA's img_encoder_q.model.); the tensors beside a visual tower are left out and
/// counted in `notes`.
TensorMap strip_prefixes(TensorMap tensors, std::vector<std::string>& notes);

}  // namespace evax::weights
