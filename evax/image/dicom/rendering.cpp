#include "evax/image/dicom/rendering.h"

#include <algorithm>
#include <limits>

#include "evax/core/error.h"
#include "evax/image/depth.h"

namespace evax::image::dicom {
namespace {

// What values can be where a number is compared with them.
struct Range {
  int low = 0;
  int high = 0;
};

Range stored_range(const PixelFormat& format) {
  const int values = 1 << format.bits_stored;
  return format.is_signed ? Range{-values / 2, values / 2 - 1} : Range{0, values - 1};
}

// US or SS: explicit files say it and are not always right, implicit ones do not. Of the two
// readings of the 16 bits, and of bits_stored of them, the one that a value can have.
int as_integer(const Value& value, size_t index, const PixelFormat& format, Range range) {
  const uint16_t bits = value.at16(index);
  const bool stated_signed =
      value.vr() == vr_code('S', 'S') || (value.vr() != vr_code('U', 'S') && format.is_signed);
  const int stated = stated_signed ? static_cast<int16_t>(bits) : bits;
  const int other = stated_signed ? bits : static_cast<int16_t>(bits);
  const int narrow = format.is_signed ? bits - (1 << format.bits_stored) : stated;
  for (const int number : {stated, other, narrow})
    if (number >= range.low && number <= range.high) return number;
  return stated;
}

std::optional<LookupTable> read_lut(const DataSet& data_set, uint32_t sequence,
                                    std::string_view name, const PixelFormat& format,
                                    Range inputs) {
  const auto descriptor = data_set.find(tag::lut_descriptor, sequence);
  const auto data = data_set.find(tag::lut_data, sequence);
  if (!descriptor && !data) return std::nullopt;
  if (!descriptor || !data || descriptor->count16() != 3)
    fail("expected a {} of LUTDescriptor (3 numbers) and LUTData, found {} numbers and {} bytes",
         name, descriptor ? descriptor->count16() : 0, data ? data->bytes().size() : 0);
  LookupTable lut;
  const size_t stated = descriptor->at16(0);
  const size_t count = stated == 0 ? 65536 : stated;  // 16 bits cannot say 65536
  lut.first = as_integer(*descriptor, 1, format, inputs);
  lut.bits = descriptor->at16(2);
  if (lut.bits < 1 || lut.bits > 16)
    fail("expected a {} of 1 to 16 bits, found {}", name, lut.bits);
  const size_t size = data->bytes().size();
  // Entries of 8 bits may be packed two to a word (PS3.3 C.11.1.1.1).
  const bool packed = lut.bits <= 8 && size == count + count % 2;
  if (!packed && size != 2 * count)
    fail("expected a {} of {} entries, found {} bytes", name, count, size);
  lut.entries.resize(count);
  for (size_t i = 0; i < count; ++i)
    lut.entries[i] =
        packed ? static_cast<uint16_t>(data->at16(i / 2) >> (i % 2 * 8) & 0xFF) : data->at16(i);
  return lut;
}

double read_number(const DataSet& data_set, uint32_t tag, std::string_view name, double otherwise) {
  const auto value = data_set.find(tag);
  if (!value || value->text().empty()) return otherwise;
  const auto numbers = value->numbers();
  if (!numbers) fail("expected a number as {}, found '{}'", name, printable(value->text(), 32));
  return numbers->front();
}

void read_modality(const DataSet& data_set, const PixelFormat& format, Rendering& rendering) {
  rendering.modality_lut =
      read_lut(data_set, tag::modality_lut, "modality LUT", format, stored_range(format));
  if (rendering.modality_lut) return;
  rendering.slope = read_number(data_set, tag::rescale_slope, "RescaleSlope", 1);
  rendering.intercept = read_number(data_set, tag::rescale_intercept, "RescaleIntercept", 0);
  constexpr double most = 1e30;  // keeps every later product finite
  if (rendering.slope == 0 || std::abs(rendering.slope) > most ||
      std::abs(rendering.intercept) > most)
    fail("expected a RescaleSlope other than 0 and values below {}, found {} and {}", most,
         rendering.slope, rendering.intercept);
}

VoiFunction read_function(const DataSet& data_set, std::vector<std::string>& warnings) {
  const std::string name = data_set.text(tag::voi_lut_function);
  if (name == "LINEAR_EXACT") return VoiFunction::linear_exact;
  if (name == "SIGMOID") return VoiFunction::sigmoid;
  if (!name.empty() && name != "LINEAR")
    warnings.push_back(
        fmt::format("VOILUTFunction '{}' is unknown and read as LINEAR", printable(name, 32)));
  return VoiFunction::linear;
}

std::optional<Window> read_window(const DataSet& data_set, std::vector<std::string>& warnings) {
  const auto center = data_set.find(tag::window_center);
  const auto width = data_set.find(tag::window_width);
  if (!center || !width || center->text().empty() || width->text().empty()) return std::nullopt;
  const auto centers = center->numbers();
  const auto widths = width->numbers();
  Window window;
  window.function = read_function(data_set, warnings);
  window.center = centers ? centers->front() : std::numeric_limits<double>::quiet_NaN();
  window.width = widths ? widths->front() : std::numeric_limits<double>::quiet_NaN();
  if (!window.is_valid()) {
    warnings.push_back(fmt::format("the window '{}' / '{}' makes no sense and is not used",
                                   printable(center->text(), 32), printable(width->text(), 32)));
    return std::nullopt;
  }
  const size_t windows = std::min(centers->size(), widths->size());
  if (windows > 1) warnings.push_back(fmt::format("only the first of {} windows is used", windows));
  return window;
}

std::optional<std::pair<int, int>> read_padding(const DataSet& data_set,
                                                const PixelFormat& format) {
  const auto value = data_set.find(tag::padding_value);
  if (!value || value->count16() == 0) return std::nullopt;
  const Range range = stored_range(format);
  const int first = as_integer(*value, 0, format, range);
  const auto limit = data_set.find(tag::padding_limit);
  const int last = limit && limit->count16() > 0 ? as_integer(*limit, 0, format, range) : first;
  return std::minmax(first, last);
}

// The values that a VOI LUT looks up.
Range modality_range(const PixelFormat& format, const Rendering& rendering) {
  if (rendering.modality_lut) return {0, (1 << rendering.modality_lut->bits) - 1};
  const Range stored = stored_range(format);
  // A list, so that the numbers are copied: of two arguments minmax() keeps references.
  const auto [low, high] = std::minmax({stored.low * rendering.slope + rendering.intercept,
                                        stored.high * rendering.slope + rendering.intercept});
  constexpr double most = 1 << 16;  // no number of 16 bits is beyond
  return {static_cast<int>(std::clamp(low, -most, most)),
          static_cast<int>(std::clamp(high, -most, most))};
}

void read_voi_lut(const DataSet& data_set, const PixelFormat& format, int bits,
                  Rendering& rendering, std::vector<std::string>& warnings) {
  rendering.voi_lut =
      read_lut(data_set, tag::voi_lut, "VOI LUT", format, modality_range(format, rendering));
  if (!rendering.voi_lut) return;
  LookupTable& lut = *rendering.voi_lut;
  const auto highest = *std::max_element(lut.entries.begin(), lut.entries.end());
  lut.bits = used_depth(lut.bits, highest, bits, warnings);
}

// Attributes that say that the grey levels are not, or not certainly, those a person would see.
void warn_about_presentation(const DataSet& data_set, const PixelFormat& format,
                             std::vector<std::string>& warnings) {
  const std::string shape = data_set.text(tag::presentation_lut_shape);
  // PS3.3 C.8.11.1: IDENTITY with MONOCHROME2, INVERSE with MONOCHROME1.
  const bool inverse = shape == "INVERSE", identity = shape == "IDENTITY";
  if ((inverse && format.photometric == "MONOCHROME2") ||
      (identity && format.photometric == "MONOCHROME1"))
    warnings.push_back(
        fmt::format("the file contradicts itself: {} with Presentation LUT Shape {}; it is read as "
                    "{} and may be inverted",
                    format.photometric, shape, format.photometric));
  constexpr std::string_view dx_for_processing = "1.2.840.10008.5.1.4.1.1.1.1.1";
  if (data_set.text(tag::presentation_intent) == "FOR PROCESSING" ||
      data_set.text(tag::sop_class) == dx_for_processing)
    warnings.emplace_back(
        "the image is FOR PROCESSING: raw detector values, not the image for reading");
}

}  // namespace

Rendering read_rendering(const DataSet& data_set, const PixelFormat& format, int bits,
                         std::vector<std::string>& warnings) {
  Rendering rendering;
  rendering.bits_stored = format.bits_stored;
  rendering.is_signed = format.is_signed;
  rendering.invert = format.photometric == "MONOCHROME1";
  rendering.padding = read_padding(data_set, format);
  read_modality(data_set, format, rendering);
  read_voi_lut(data_set, format, bits, rendering, warnings);
  if (!rendering.voi_lut) rendering.window = read_window(data_set, warnings);
  warn_about_presentation(data_set, format, warnings);
  return rendering;
}

}  // namespace evax::image::dicom
