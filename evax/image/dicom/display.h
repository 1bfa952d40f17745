#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evax::image::dicom {

/// A modality or VOI LUT (PS3.3 C.11.1.1, C.11.2.1.1). Inputs below the first or above the last
/// mapped value take the first or last entry.
struct LookupTable {
  int first = 0;  // the input that entry 0 represents
  int bits = 16;  // of the entries: the output range is 0 ... 2^bits - 1
  std::vector<uint16_t> entries;

  double at(double input) const;
};

enum class VoiFunction { linear, linear_exact, sigmoid };

struct Window {
  double center = 0;
  double width = 0;
  VoiFunction function = VoiFunction::linear;

  /// Linear needs a width of at least 1, the others one above 0 (PS3.3 C.11.2.1.2, C.11.2.1.3).
  bool is_valid() const;
  /// The display value of an input, 0 ... 1.
  double at(double input) const;
};

/// How stored values become grey levels.
struct Rendering {
  int bits_stored = 8;
  bool is_signed = false;
  std::optional<std::pair<int, int>> padding;  // stored values from first to second, not shown
  std::optional<LookupTable> modality_lut;     // in place of slope and intercept
  double slope = 1;
  double intercept = 0;
  std::optional<LookupTable> voi_lut;  // in place of the window
  std::optional<Window> window;        // neither: from the minimum to the maximum
  bool invert = false;                 // MONOCHROME1: the lowest value is white
};

/// All that 16 bits can hold: tables of this size have an entry for whatever a decoder gives.
inline constexpr size_t sample_values = size_t{1} << 16;

/// Grey levels of all sample_values, black above 2^bits_stored, and in words how they came about.
struct GreyTable {
  std::vector<uint8_t> levels;
  std::string description;  // "LINEAR 550/1024", "min-max 0..252", "VOI LUT of 4096 entries"
};

/// Which of the sample_values occur.
std::vector<bool> present_values(const std::vector<uint16_t>& stored);

/// The grey level of every stored value: modality LUT or rescale, VOI LUT, window or min-max over
/// the present values that are not padding, inversion; rounded to 0 ... 255. Padding is black,
/// because it is not tissue (PS3.3 C.7.5.1.1.2).
GreyTable make_grey_table(const Rendering& rendering, const std::vector<bool>& present);

}  // namespace evax::image::dicom
