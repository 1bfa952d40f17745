#include "evax/image/mask/cardiothoracic.h"

#include <algorithm>

#include "evax/core/error.h"

namespace evax::image {
namespace {

/// Columns from `left` to before `right`.
struct Span {
  int left, right;
  int width() const { return std::max(0, right - left); }
};

Span span_of_row(const Image& mask, int y) {
  const uint8_t* row = mask.row(y);
  Span span{0, mask.width};
  while (span.left < span.right && row[span.left] == 0) ++span.left;
  while (span.right > span.left && row[span.right - 1] == 0) --span.right;
  return span;
}

}  // namespace

std::optional<CardiothoracicRatio> cardiothoracic_ratio(const Image& lungs, const Image& heart) {
  if (lungs.width != heart.width || lungs.height != heart.height)
    fail("cardiothoracic ratio: expected masks of one size, found {} x {} and {} x {}", lungs.width,
         lungs.height, heart.width, heart.height);
  int thorax = 0;
  Span all{heart.width, 0};
  for (int y = 0; y < heart.height; ++y) {
    thorax = std::max(thorax, span_of_row(lungs, y).width());
    const Span row = span_of_row(heart, y);
    if (row.width() > 0) all = {std::min(all.left, row.left), std::max(all.right, row.right)};
  }
  if (thorax == 0 || all.width() == 0) return std::nullopt;
  return CardiothoracicRatio{all.width(), thorax};
}

}  // namespace evax::image
