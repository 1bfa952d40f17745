#pragma once

#include <array>
#include <cstdint>

#include "evax/image/image.h"

namespace evax::data {

/// 256 bits that stay nearly the same when a picture is compressed, resized or made a little
/// brighter: the pHash of Zauner, "Implementation and benchmarking of perceptual image hash
/// functions" (2010), with more bits, for one chest X-ray looks much like another. The grey picture
/// is resized to 64 x 64 (bilinear, antialiased); a bit says whether one of the 16 x 16 lowest
/// cosine coefficients, without those constant in a direction, is above their median.
using PerceptualHash = std::array<uint64_t, 4>;

PerceptualHash perceptual_hash(const image::Image& image);

/// Number of bits that differ.
int distance(const PerceptualHash& a, const PerceptualHash& b);

/// At most this distance: nearly the same picture. Measured by tools/oracles/perceptual_hash.py:
/// X-rays of different patients are at least 58 apart (1.4 million pairs), those of one patient 34
/// (8,002 pairs of ChestX-ray14); a compressed or resized copy is at most 8 from its original, a
/// brighter one or one with another gamma 24. Cropped copies are not found.
inline constexpr int near_identical = 24;
/// The same where a mistake loses an image rather than lets a test image through: farther than any
/// compressed or resized copy was, a third of the way to a patient's most similar other image.
inline constexpr int compressed_copy = 12;

}  // namespace evax::data
