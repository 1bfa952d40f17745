#include "evax/image/resize/affine.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "evax/image/resize/affine_kernels.h"

namespace evax::image {
namespace {

constexpr int margin = PaddedPlane::margin;

// Channel `channel` with repeated edges.
void pad(const Image& image, int channel, std::vector<uint8_t>& padded, int stride) {
  for (int y = -margin; y < image.height + margin; ++y) {
    const uint8_t* in = image.row(std::clamp(y, 0, image.height - 1)) + channel;
    uint8_t* out = padded.data() + static_cast<size_t>(y + margin) * stride;
    out = std::fill_n(out, margin, in[0]);
    if (image.channels == 1)
      out = std::copy_n(in, image.width, out);
    else
      for (int x = 0; x < image.width; ++x) *out++ = in[x * image.channels];
    std::fill_n(out, margin, in[(image.width - 1) * image.channels]);
  }
}

}  // namespace

Image transform(const Image& image, const Affine& matrix, const std::array<uint8_t, 3>& fill) {
  if (image.width < 1 || image.height < 1)
    throw std::logic_error("transform: expected sizes of at least 1");
  const int stride = image.width + 2 * margin;
  std::vector<uint8_t> padded(static_cast<size_t>(stride) * (image.height + 2 * margin));
  std::vector<uint8_t> row(image.width);
  Image out{image.width, image.height, image.channels, std::vector<uint8_t>(image.pixels.size())};
  for (int channel = 0; channel < image.channels; ++channel) {
    pad(image, channel, padded, stride);
    const PaddedPlane plane{padded.data(), stride, image.width, image.height};
    for (int y = 0; y < image.height; ++y) {
      if (image.channels == 1) {
        transform_row(plane, matrix, y, fill[0], out.row(y));
        continue;
      }
      transform_row(plane, matrix, y, fill[channel], row.data());
      for (int x = 0; x < image.width; ++x) out.row(y)[x * image.channels + channel] = row[x];
    }
  }
  return out;
}

}  // namespace evax::image
