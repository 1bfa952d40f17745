#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evax/weights/config.h"
#include "evax/weights/safetensors.h"

namespace evax::weights {

/// ModelConfig::arch of the vision transformer whose parameters these are (timm's names): a plain
/// ViT's keys have a bias, EVA02-CLIP's attention has a norm, EVA01-CLIP's MLP is a plain one.
/// Before any of them is renamed or left out.
std::string arch_of(const TensorMap& tensors);

/// The network whose parameters these are, recognised from names and shapes, with the default
/// rope_ref_grid; without num_heads the heads have the usual_head_width(). Throws Error saying what
/// is not a known vision transformer's.
ModelConfig recognise(const TensorMap& tensors, std::optional<int> num_heads,
                      const std::string& path);

/// Whether a name is that of a rotary table: rope.freqs_cos, blocks.3.attn.rope.freqs_sin, also
/// behind a wrapper's prefix.
bool is_rope_table(std::string_view name);

/// Takes the rotary tables of an official checkpoint out of `tensors`.
TensorMap take_rope_tables(TensorMap& tensors);

/// The reference grid (14, the model's own, or 16) whose recomputed tables are these, within the
/// rounding of their dtype; 14 when there are none (spec A.3, H 1). Throws Error when no grid fits
/// or two tables disagree.
int rope_ref_grid_of(const TensorMap& tables, int grid, const std::string& path);

}  // namespace evax::weights
