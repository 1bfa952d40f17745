#include "evax/data/segmentation/mask.h"

#include <algorithm>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/jpeg/jpeg.h"
#include "evax/image/png/png.h"
#include "evax/image/read.h"

namespace evax::data {
namespace {

using image::Samples;

constexpr size_t listed_values = 8;  // of those that were not expected

Samples read_samples(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, image::max_file_bytes);
  if (image::is_png(bytes)) return image::decode_png_samples(bytes, path);
  if (!image::is_jpeg(bytes)) {
    image::decode(bytes, path);  // says what the file is, where it is no picture
    fail("{}: expected a mask as PNG or JPEG, found a DICOM file", path);
  }
  const image::Image image = image::decode(bytes, path).image;
  return {image.width, image.height, image.channels, 8, {image.pixels.begin(), image.pixels.end()}};
}

// The first channel, where all three are equal.
void drop_channels(Samples& samples, const std::string& path) {
  if (samples.channels == 1) return;
  std::vector<uint16_t>& values = samples.values;
  for (size_t i = 0; i < values.size(); i += 3) {
    if (values[i] != values[i + 1] || values[i] != values[i + 2])
      fail("{}: expected a mask of numbers, found the colour {}, {}, {}", path, values[i],
           values[i + 1], values[i + 2]);
    values[i / 3] = values[i];
  }
  values.resize(values.size() / 3);
  samples.channels = 1;
}

std::vector<uint16_t> distinct(const std::vector<uint16_t>& values) {
  std::vector<bool> seen(1U << 16);
  for (const uint16_t value : values) seen[value] = true;
  std::vector<uint16_t> found;
  for (uint32_t value = 0; value < seen.size(); ++value)
    if (seen[value]) found.push_back(static_cast<uint16_t>(value));
  return found;
}

[[noreturn]] void refuse(const std::string& path, size_t classes,
                         const std::vector<uint16_t>& unexpected) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(unexpected.size(), listed_values));
  fail("{}: expected the values 0 to {} and 255 in a mask, found {}{}", path, classes,
       fmt::join(unexpected.begin(), unexpected.begin() + count, ", "),
       unexpected.size() > listed_values
           ? fmt::format(" and {} more", unexpected.size() - listed_values)
           : "");
}

}  // namespace

void check_mask_classes(size_t classes, const std::string& where) {
  if (classes >= ignored_pixel)
    fail("{}: expected at most {} classes in a mask, found {}", where, ignored_pixel - 1, classes);
}

MaskValues mask_values_from_name(const std::string& name) {
  if (name == "auto") return MaskValues::automatic;
  if (name == "index") return MaskValues::index;
  fail("data.mask_values: expected auto or index, found '{}'", name);
}

Mask read_mask(const std::string& path, size_t classes, MaskValues values) {
  Samples samples = read_samples(path);
  drop_channels(samples, path);

  const auto white = static_cast<uint16_t>((1U << samples.bits) - 1);
  bool any_class = false;
  std::vector<uint16_t> unexpected;
  for (const uint16_t value : distinct(samples.values)) {
    any_class |= value >= 1 && value <= classes;
    if (value > classes && value != ignored_pixel && value != white) unexpected.push_back(value);
  }
  if (!unexpected.empty()) refuse(path, classes, unexpected);

  const bool binary = values == MaskValues::automatic && classes == 1 && !any_class;
  const uint8_t marked = binary ? 1 : ignored_pixel;
  Mask mask{samples.width, samples.height, 1, std::vector<uint8_t>(samples.values.size())};
  std::transform(samples.values.begin(), samples.values.end(), mask.pixels.begin(),
                 [&](uint16_t v) { return v <= classes ? static_cast<uint8_t>(v) : marked; });
  return mask;
}

bool has_target(const Mask& mask) {
  return std::any_of(mask.pixels.begin(), mask.pixels.end(),
                     [](uint8_t pixel) { return pixel != 0 && pixel != ignored_pixel; });
}

void check_same_size(const Mask& mask, const std::string& mask_path, const image::Image& image,
                     const std::string& image_path) {
  if (mask.width != image.width || mask.height != image.height)
    fail("{}: expected a mask of {} x {} pixels, the size of {}, found {} x {}", mask_path,
         image.width, image.height, image_path, mask.width, mask.height);
}

}  // namespace evax::data
