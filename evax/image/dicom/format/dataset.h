#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evax/image/dicom/format/walker.h"

namespace evax::image::dicom {

/// The attributes this reader needs (PS3.6).
namespace tag {
inline constexpr uint32_t media_sop_class = 0x00020002;
inline constexpr uint32_t transfer_syntax = 0x00020010;
inline constexpr uint32_t sop_class = 0x00080016;
inline constexpr uint32_t sop_instance = 0x00080018;
inline constexpr uint32_t modality = 0x00080060;
inline constexpr uint32_t presentation_intent = 0x00080068;
inline constexpr uint32_t code_meaning = 0x00080104;
inline constexpr uint32_t body_part = 0x00180015;
inline constexpr uint32_t imager_pixel_spacing = 0x00181164;
inline constexpr uint32_t view_position = 0x00185101;
inline constexpr uint32_t study_instance = 0x0020000D;
inline constexpr uint32_t series_instance = 0x0020000E;
inline constexpr uint32_t samples_per_pixel = 0x00280002;
inline constexpr uint32_t photometric = 0x00280004;
inline constexpr uint32_t frames = 0x00280008;
inline constexpr uint32_t rows = 0x00280010;
inline constexpr uint32_t columns = 0x00280011;
inline constexpr uint32_t pixel_spacing = 0x00280030;
inline constexpr uint32_t pixel_aspect_ratio = 0x00280034;
inline constexpr uint32_t bits_allocated = 0x00280100;
inline constexpr uint32_t bits_stored = 0x00280101;
inline constexpr uint32_t high_bit = 0x00280102;
inline constexpr uint32_t pixel_representation = 0x00280103;
inline constexpr uint32_t padding_value = 0x00280120;
inline constexpr uint32_t padding_limit = 0x00280121;
inline constexpr uint32_t window_center = 0x00281050;
inline constexpr uint32_t window_width = 0x00281051;
inline constexpr uint32_t rescale_intercept = 0x00281052;
inline constexpr uint32_t rescale_slope = 0x00281053;
inline constexpr uint32_t voi_lut_function = 0x00281056;
inline constexpr uint32_t lossy_compression = 0x00282110;
inline constexpr uint32_t lossy_ratio = 0x00282112;
inline constexpr uint32_t lossy_method = 0x00282114;
inline constexpr uint32_t modality_lut = 0x00283000;
inline constexpr uint32_t lut_descriptor = 0x00283002;
inline constexpr uint32_t lut_data = 0x00283006;
inline constexpr uint32_t voi_lut = 0x00283010;
inline constexpr uint32_t view_code = 0x00540220;
inline constexpr uint32_t presentation_lut_shape = 0x20500020;
inline constexpr uint32_t overlay_bit_position = 0x60000102;

/// What an object made from an image takes over from it: character set, patient, study, orientation
/// and lossy compression (PS3.3 C.12.1, C.7.1.1, C.7.2.1, C.7.6.1).
inline constexpr std::array<uint32_t, 16> inherited{
    0x00080005, 0x00080020,        0x00080030,  0x00080050,  0x00080090, 0x00081030,
    0x00100010, 0x00100020,        0x00100021,  0x00100030,  0x00100040, 0x00200010,
    0x00200020, lossy_compression, lossy_ratio, lossy_method};
}  // namespace tag

/// The value of an attribute: a view of the file's bytes.
class Value {
 public:
  Value(uint16_t vr, Bytes bytes, bool big_endian)
      : vr_(vr), bytes_(bytes), big_endian_(big_endian) {}

  uint16_t vr() const { return vr_; }
  Bytes bytes() const { return bytes_; }
  bool big_endian() const { return big_endian_; }
  /// The text without the padding at both ends; only its beginning when it is longer than any
  /// text that is read here.
  std::string text() const;
  /// The backslash-separated decimal strings; nullopt when one is not a finite number.
  std::optional<std::vector<double>> numbers() const;
  /// How many whole 16-bit numbers there are, and the one at `index` (US, SS, OW).
  size_t count16() const { return bytes_.size() / 2; }
  uint16_t at16(size_t index) const { return u16(bytes_, 2 * index, big_endian_); }

 private:
  uint16_t vr_;
  Bytes bytes_;
  bool big_endian_;
};

/// Where the pixels lie: one native value, or fragments after the basic offset table.
struct PixelData {
  bool present = false;
  bool encapsulated = false;
  uint16_t vr = 0;
  Bytes native;
  std::vector<Bytes> items;
};

/// The attributes of a data set that this reader needs. Refers to the bytes it was read from.
class DataSet : public Visitor {
 public:
  void element(const Element& element) override;
  void fragment(Bytes fragment) override;
  bool wants_sequence(uint32_t tag) const override;

  /// A non-empty attribute; with `sequence`, of the first item of that top-level sequence.
  std::optional<Value> find(uint32_t tag, uint32_t sequence = 0) const;
  /// Its text, empty when absent.
  std::string text(uint32_t tag, uint32_t sequence = 0) const;
  const PixelData& pixels() const { return pixels_; }

 private:
  std::map<std::pair<uint32_t, uint32_t>, Value> values_;  // (sequence, tag)
  PixelData pixels_;
};

}  // namespace evax::image::dicom
