#include "evax/train/recipe/masked_sheet.h"

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"
#include "evax/image/heat/colour_map.h"

namespace evax::train {
namespace {

using image::Rgb;

constexpr int tiles = 3, gap = 4;
constexpr uint8_t background = 255;
constexpr Rgb covered{128, 128, 128};

int grid_of(const MaskedImage& image, int side) {
  const auto grid = static_cast<int>(std::lround(std::sqrt(image.mask.size())));
  const bool fits = grid > 0 && static_cast<size_t>(grid) * grid == image.mask.size() &&
                    image.cosine.size() == image.mask.size() && side % grid == 0 &&
                    image.input.width == side && image.input.height == side &&
                    image.input.channels == 1;
  if (!fits)
    fail(
        "an image of masked patches: expected a grey image of {0} x {0} pixels in square patches, "
        "found {1} x {2}, {3} channels, {4} patches, {5} cosines",
        side, image.input.width, image.input.height, image.input.channels, image.mask.size(),
        image.cosine.size());
  return grid;
}

/// The three colours of a pixel, given its patch.
std::array<Rgb, tiles> colours(uint8_t grey, bool masked, float cosine) {
  const auto dim = static_cast<uint8_t>(grey / 4);
  const Rgb plain{grey, grey, grey};
  if (!masked) return {plain, plain, Rgb{dim, dim, dim}};
  return {plain, covered, image::viridis((cosine + 1) / 2)};
}

void draw_row(const MaskedImage& image, int top, image::Image& sheet) {
  const int side = image.input.width;
  const int grid = grid_of(image, side);
  const int patch = side / grid;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const size_t place = static_cast<size_t>(y / patch) * grid + x / patch;
      const auto pixel =
          colours(image.input.row(y)[x], image.mask[place] != 0, image.cosine[place]);
      for (int tile = 0; tile < tiles; ++tile)
        std::copy(pixel[tile].begin(), pixel[tile].end(),
                  sheet.row(top + y) + 3 * (tile * (side + gap) + x));
    }
  }
}

}  // namespace

image::Image masked_sheet(const std::vector<MaskedImage>& images) {
  if (images.empty()) fail("an image of masked patches: expected an image, found none");
  const int side = images[0].input.width;
  for (const MaskedImage& image : images) grid_of(image, side);
  image::Image sheet;
  sheet.width = tiles * (side + gap) - gap;
  sheet.height = static_cast<int>(images.size()) * (side + gap) - gap;
  sheet.channels = 3;
  sheet.pixels.assign(static_cast<size_t>(sheet.width) * sheet.height * 3, background);
  for (size_t i = 0; i < images.size(); ++i)
    draw_row(images[i], static_cast<int>(i) * (side + gap), sheet);
  return sheet;
}

}  // namespace evax::train
