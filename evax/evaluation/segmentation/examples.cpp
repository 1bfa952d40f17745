#include "evax/evaluation/segmentation/examples.h"

#include <algorithm>
#include <array>

#include "evax/image/mask/overlay.h"
#include "evax/image/resize/resize.h"
#include "evax/image/write.h"

namespace evax::evaluation {

std::vector<RankedImage> example_images(const metrics::Segmentations& segmentations,
                                        size_t class_index) {
  const auto counts = [&](size_t image) -> const metrics::PixelCounts& {
    return segmentations.images[image].counts[class_index + 1];
  };
  std::vector<size_t> rows;
  for (size_t i = 0; i < segmentations.images.size(); ++i)
    if (counts(i).label > 0) rows.push_back(i);
  if (rows.empty()) return {};
  std::stable_sort(rows.begin(), rows.end(),
                   [&](size_t a, size_t b) { return *dice(counts(a)) > *dice(counts(b)); });
  std::vector<RankedImage> examples{{"best", rows.front()}};
  if (rows.size() > 2) examples.push_back({"median", rows[rows.size() / 2]});
  if (rows.size() > 1) examples.push_back({"worst", rows.back()});
  return examples;
}

std::string mask_thumbnail(const image::Image& xray, const image::Image& marked,
                           const image::Image& label) {
  constexpr int longest_side = 384;
  const std::array layers{image::OverlayLayer{&marked, image::overlay_colour(0)},
                          image::OverlayLayer{&label, image::overlay_colour(1), 0}};
  const image::Image drawn = draw_overlay(xray, layers);
  const double scale = std::min(1., double{longest_side} / std::max(drawn.width, drawn.height));
  const auto scaled = [scale](int side) { return std::max(1, static_cast<int>(side * scale)); };
  return encode_png(
      resize(drawn, scaled(drawn.width), scaled(drawn.height), Interpolation::bilinear));
}

}  // namespace evax::evaluation
