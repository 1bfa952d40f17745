#include <charconv>

#include "evax/core/error.h"
#include "evax/image/dicom/pixels.h"
#include "evax/image/read.h"

namespace evax::image::dicom {
namespace {

int required(const DataSet& data_set, uint32_t tag, std::string_view name) {
  const auto value = data_set.find(tag);
  if (!value || value->count16() == 0) fail("expected {}, found none (missing {})", name, name);
  return value->at16(0);
}

void check(int value, int low, int high, std::string_view name) {
  if (value < low || value > high)
    fail("expected {} of {} to {}, found {}", name, low, high, value);
}

int64_t frame_count(const DataSet& data_set) {
  const auto value = data_set.find(tag::frames);
  if (!value) return 1;
  const std::string text = value->text();
  int64_t frames = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), frames);
  if (error != std::errc() || stop != text.data() + text.size() || frames < 1)
    fail("expected a positive NumberOfFrames, found '{}'", printable(text, 32));
  return frames;
}

}  // namespace

PixelFormat read_pixel_format(const DataSet& data_set) {
  PixelFormat format;
  format.rows = required(data_set, tag::rows, "Rows");
  format.columns = required(data_set, tag::columns, "Columns");
  if (format.rows == 0 || format.columns == 0 || static_cast<int64_t>(format.pixels()) > max_pixels)
    fail("expected Rows x Columns of 1 to {} pixels, found {} x {}", max_pixels, format.rows,
         format.columns);
  if (!data_set.pixels().present) fail("expected PixelData, found none (missing PixelData)");

  format.photometric = data_set.text(tag::photometric);
  const auto samples = data_set.find(tag::samples_per_pixel);
  const int channels = samples && samples->count16() > 0 ? samples->at16(0) : 1;
  if (channels != 1 || (format.photometric != "MONOCHROME1" && format.photometric != "MONOCHROME2"))
    fail("expected a grey image (MONOCHROME1 or MONOCHROME2), found '{}' of {} samples per pixel",
         printable(format.photometric, 32), channels);

  format.bits_allocated = required(data_set, tag::bits_allocated, "BitsAllocated");
  if (format.bits_allocated != 8 && format.bits_allocated != 16)
    fail("expected BitsAllocated 8 or 16, found {}", format.bits_allocated);
  format.bits_stored = required(data_set, tag::bits_stored, "BitsStored");
  check(format.bits_stored, 1, format.bits_allocated, "BitsStored");
  const auto high_bit = data_set.find(tag::high_bit);
  format.high_bit =
      high_bit && high_bit->count16() > 0 ? high_bit->at16(0) : format.bits_stored - 1;
  check(format.high_bit, format.bits_stored - 1, format.bits_allocated - 1, "HighBit");
  const int representation = required(data_set, tag::pixel_representation, "PixelRepresentation");
  check(representation, 0, 1, "PixelRepresentation");
  format.is_signed = representation == 1;
  const auto overlay_bit = data_set.find(tag::overlay_bit_position);
  format.has_overlay_bits =
      overlay_bit && overlay_bit->count16() > 0 && overlay_bit->at16(0) >= format.bits_stored;
  format.frames = frame_count(data_set);
  return format;
}

}  // namespace evax::image::dicom
