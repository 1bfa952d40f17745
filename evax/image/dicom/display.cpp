#include "evax/image/dicom/display.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace evax::image::dicom {
namespace {

int stored_value(uint32_t bits, const Rendering& rendering) {
  const auto value = static_cast<int>(bits);
  const int range = 1 << rendering.bits_stored;
  return rendering.is_signed && value >= range / 2 ? value - range : value;
}

bool is_padding(int value, const Rendering& rendering) {
  return rendering.padding && value >= rendering.padding->first &&
         value <= rendering.padding->second;
}

double modality_value(int stored, const Rendering& rendering) {
  return rendering.modality_lut ? rendering.modality_lut->at(stored)
                                : stored * rendering.slope + rendering.intercept;
}

const char* name_of(VoiFunction function) {
  switch (function) {
    case VoiFunction::linear: return "LINEAR";
    case VoiFunction::linear_exact: return "LINEAR_EXACT";
    case VoiFunction::sigmoid: return "SIGMOID";
  }
  return "";
}

// From a modality value to 0 ... 1.
using Voi = std::function<double(double)>;

Voi make_min_max(const Rendering& rendering, const std::vector<bool>& present,
                 std::string& description) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (uint32_t bits = 0; bits < uint32_t{1} << rendering.bits_stored; ++bits) {
    const int stored = stored_value(bits, rendering);
    if (!present[bits] || is_padding(stored, rendering)) continue;
    const double value = modality_value(stored, rendering);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) low = high = 0;  // nothing but padding
  description = fmt::format("min-max {}..{}", low, high);
  if (low == high) return [](double) { return 0.0; };
  return [low, high](double value) { return std::clamp((value - low) / (high - low), 0.0, 1.0); };
}

Voi make_voi(const Rendering& rendering, const std::vector<bool>& present,
             std::string& description) {
  if (rendering.voi_lut) {
    const LookupTable& lut = *rendering.voi_lut;
    description = fmt::format("VOI LUT of {} entries", lut.entries.size());
    const double top = (1 << lut.bits) - 1;
    return [&lut, top](double value) { return std::min(lut.at(value) / top, 1.0); };
  }
  if (rendering.window) {
    const Window window = *rendering.window;
    description = fmt::format("{} {}/{}", name_of(window.function), window.center, window.width);
    return [window](double value) { return window.at(value); };
  }
  return make_min_max(rendering, present, description);
}

}  // namespace

double LookupTable::at(double input) const {
  const double index = std::floor(input) - first;
  const auto last = static_cast<double>(entries.size() - 1);
  return entries[static_cast<size_t>(std::clamp(index, 0.0, last))];
}

bool Window::is_valid() const {
  const double least = function == VoiFunction::linear ? 1 : 0;
  return std::isfinite(center) && std::isfinite(width) && width >= least && width > 0;
}

double Window::at(double input) const {
  switch (function) {
    case VoiFunction::linear: {
      // Equation C.11-2a; a width of 1 is a threshold.
      const double middle = center - 0.5;
      const double half = (width - 1) / 2;
      if (input <= middle - half) return 0;
      if (input > middle + half) return 1;
      return (input - middle) / (width - 1) + 0.5;
    }
    case VoiFunction::linear_exact:
      if (input <= center - width / 2) return 0;
      if (input > center + width / 2) return 1;
      return (input - center) / width + 0.5;
    case VoiFunction::sigmoid: return 1 / (1 + std::exp(-4 * (input - center) / width));
  }
  return 0;
}

std::vector<bool> present_values(const std::vector<uint16_t>& stored) {
  std::vector<bool> present(sample_values);
  for (const uint16_t value : stored) present[value] = true;
  return present;
}

GreyTable make_grey_table(const Rendering& rendering, const std::vector<bool>& present) {
  GreyTable table;
  const Voi voi = make_voi(rendering, present, table.description);
  table.levels.resize(sample_values);
  for (uint32_t bits = 0; bits < uint32_t{1} << rendering.bits_stored; ++bits) {
    const int stored = stored_value(bits, rendering);
    if (is_padding(stored, rendering)) continue;  // black
    const double display = voi(modality_value(stored, rendering));
    const double level = std::round(255 * display);
    table.levels[bits] = static_cast<uint8_t>(rendering.invert ? 255 - level : level);
  }
  return table;
}

}  // namespace evax::image::dicom
