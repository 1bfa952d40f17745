#pragma once

#include "evax/core/tensor.h"
#include "evax/weights/convert.h"

namespace evax::weights {

/// The position embedding [1, 1 + from^2, D] on another grid: [1, 1 + to^2, D] of the same dtype
/// (F64 becomes F32). The cls row is kept, the patch rows are resampled in float32 (spec A.4).
Tensor resize_pos_embed(const Tensor& pos_embed, int from, int to, PosEmbedResize flavour);

}  // namespace evax::weights
