#pragma once

#include <optional>
#include <span>
#include <vector>

#include "evax/core/box.h"
#include "evax/image/mask/components.h"

namespace evax::image {

/// What a network attends to on a picture: [height, width], from 0 to 1. `raw` [grid, grid] is the
/// weighted sum of Grad-CAM (Selvaraju et al., ICCV 2017) before its relu. Values below 0 are cut
/// off, the rest is scaled from 0 to 1, enlarged bilinearly, and scaled once more: an enlarged map
/// need not reach its grid's peak (spec E; pytorch-grad-cam 1.4.8). 0 where nothing is above 0, and
/// where all is equal.
std::vector<float> heat_map(std::span<const float> raw, int grid, int height, int width);

/// The same of a network that saw only the part `seen` of the picture, which may reach beyond it;
/// 0 elsewhere.
std::vector<float> heat_map(std::span<const float> raw, int grid, const Box& seen, int height,
                            int width);

/// The first of the largest values of a map [..., width]; empty where it is 0 everywhere.
std::optional<Pixel> peak_of(std::span<const float> map, int width);

}  // namespace evax::image
