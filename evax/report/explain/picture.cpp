#include "evax/report/explain/picture.h"

#include <algorithm>
#include <cmath>

#include "evax/image/jpeg/write_jpeg.h"
#include "evax/image/resize/resize.h"

namespace evax::report {
namespace {

constexpr int longest_side = 1024;
// Lossless, twenty X-rays would be as large as a whole page may be. At this quality no error
// shows even in a narrow window.
constexpr int quality = 95;

}  // namespace

std::string display_picture(const image::Image& xray) {
  const double scale = static_cast<double>(longest_side) / std::max(xray.width, xray.height);
  if (scale >= 1) return image::encode_jpeg(xray, quality);
  const auto scaled = [scale](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  return image::encode_jpeg(
      image::resize(xray, scaled(xray.width), scaled(xray.height), Interpolation::bilinear),
      quality);
}

}  // namespace evax::report
