#pragma once

#include "evax/core/tensor.h"
#include "evax/weights/convert.h"

namespace evax::weights {

/// The position embedding [1, 1 + from^2, D] on another grid: [1, 1 + to^2, D] of the same dtype
/// (F64 becomes F32). The cls row is kept, the patch rows are resampled in float32 (spec A.4).
Tensor resize_pos_embed(const Tensor& pos_embed, int from, int to, PosEmbedResize flavour);

/// The kernel [D, 3, P, P] of a patch embedding for patches of `size` pixels, resampled in float32
/// by bicubic interpolation without antialias (spec A.4, G); of the same dtype (F64 becomes F32).
Tensor resize_patch_kernel(const Tensor& kernel, int64_t size);

}  // namespace evax::weights
