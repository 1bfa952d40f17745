#pragma once

#include <optional>

#include "evax/image/image.h"

namespace evax::image {

/// How wide the heart is against the thorax, on a frontal view. In pixels.
struct CardiothoracicRatio {
  int heart = 0;   // from the heart's rightmost to its leftmost edge, whatever their heights
  int thorax = 0;  // the widest row, from the outer edge of one lung to that of the other
  double ratio() const { return static_cast<double>(heart) / thorax; }
};

/// Greatest transverse diameter of the heart over the greatest inner diameter of the thorax, which
/// the lungs' outer edges approximate. Empty where a mask is. Throws Error for masks of different
/// sizes. Source: Danzer, "The cardiothoracic ratio: an index of cardiac enlargement", American
/// Journal of the Medical Sciences 157, 1919.
std::optional<CardiothoracicRatio> cardiothoracic_ratio(const Image& lungs, const Image& heart);

}  // namespace evax::image
