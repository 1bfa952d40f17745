#pragma once

#include <string>
#include <string_view>

#include "evax/weights/config.h"
#include "evax/weights/safetensors.h"

namespace evax::weights {

/// Whether these are a plain ViT's: EVA-X's keys have no bias.
bool is_plain_vit(const TensorMap& tensors);

/// The vision transformer whose parameters these are (timm's names), told from names and shapes
/// alone, with the default rope_ref_grid. Throws Error saying what is not EVA-X's or a ViT's.
ModelConfig recognise(const TensorMap& tensors, const std::string& path);

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
