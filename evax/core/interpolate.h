#pragma once

#include <vector>

namespace evax {

enum class Interpolation { nearest, box, bilinear, bicubic };

/// PyTorch's F.interpolate(align_corners=False) of one float32 plane.
///   plane: height x width, row-major; result: out_height x out_width.
/// Bilinear and bicubic only. Without antialias the cubic has a = -0.75 (PyTorch's and OpenCV's);
/// with antialias the kernel widens with the scale and the cubic has a = -0.5, as Pillow's (spec
/// A.4).
std::vector<float> interpolate(const float* plane, int height, int width, int out_height,
                               int out_width, Interpolation interpolation, bool antialias);

}  // namespace evax
