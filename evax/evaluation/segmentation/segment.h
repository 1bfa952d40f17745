#pragma once

#include <functional>

#include "evax/core/tensor.h"
#include "evax/data/transform.h"

namespace evax::evaluation {

/// A network that segments: normalised images [N, 3, S, S] -> logits [N, C, S, S], float32.
using SegmentationNetwork = std::function<Tensor(const Tensor& images)>;

/// The probability of every class at every pixel of an X-ray, [C, height, width]: the logits are
/// brought to its size by bilinear interpolation, then through a sigmoid (spec D.7).
Tensor segment(const image::Image& xray, const data::Transform& transform,
               const SegmentationNetwork& network);

}  // namespace evax::evaluation
