#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evax::image::dicom {

/// Writes DICOM files for the tests, element by element and without any check, so that they can be
/// as wrong as a test needs. Explicit or implicit VR, either byte order.
class FileBuilder {
 public:
  FileBuilder() = default;
  FileBuilder(bool explicit_vr, bool big_endian)
      : explicit_vr_(explicit_vr), big_endian_(big_endian) {}

  FileBuilder& preamble(std::string_view transfer_syntax) {
    bytes_.assign(128, '\0');
    bytes_ += "DICM";
    const FileBuilder meta = FileBuilder().text(0x00020010, "UI", transfer_syntax);
    bytes_ += meta.bytes_;
    return *this;
  }

  FileBuilder& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  FileBuilder& u16(uint16_t value) {
    const char low = static_cast<char>(value & 0xFF), high = static_cast<char>(value >> 8);
    bytes_ += big_endian_ ? high : low;
    bytes_ += big_endian_ ? low : high;
    return *this;
  }

  FileBuilder& u32(uint32_t value) {
    const auto low = static_cast<uint16_t>(value & 0xFFFF),
               high = static_cast<uint16_t>(value >> 16);
    u16(big_endian_ ? high : low);
    return u16(big_endian_ ? low : high);
  }

  FileBuilder& header(uint32_t tag, std::string_view vr, uint32_t length) {
    u16(static_cast<uint16_t>(tag >> 16)).u16(static_cast<uint16_t>(tag & 0xFFFF));
    if (!explicit_vr_ || tag >> 16 == 0xFFFE) return u32(length);
    bytes_ += vr;
    const bool is_long = vr[0] == 'O' || vr == "SQ" || vr == "UN" || vr == "UT";
    if (is_long) return u16(0).u32(length);
    return u16(static_cast<uint16_t>(length));
  }

  FileBuilder& value(uint32_t tag, std::string_view vr, std::string_view value) {
    return header(tag, vr, static_cast<uint32_t>(value.size())).raw(value);
  }

  FileBuilder& text(uint32_t tag, std::string_view vr, std::string_view value) {
    std::string even(value);
    if (even.size() % 2 != 0) even += vr == "UI" ? '\0' : ' ';
    return this->value(tag, vr, even);
  }

  FileBuilder& numbers(uint32_t tag, std::string_view vr, const std::vector<uint16_t>& values) {
    header(tag, vr, static_cast<uint32_t>(2 * values.size()));
    for (const uint16_t number : values) u16(number);
    return *this;
  }

  /// A CR of rows x columns up to, and without, its pixel data.
  FileBuilder& radiograph(uint16_t rows, uint16_t columns, uint16_t allocated = 16,
                          uint16_t stored = 12, uint16_t representation = 0,
                          std::string_view photometric = "MONOCHROME2") {
    return text(0x00080060, "CS", "CR")
        .numbers(0x00280002, "US", {1})
        .text(0x00280004, "CS", photometric)
        .numbers(0x00280010, "US", {rows})
        .numbers(0x00280011, "US", {columns})
        .numbers(0x00280100, "US", {allocated})
        .numbers(0x00280101, "US", {stored})
        .numbers(0x00280102, "US", {static_cast<uint16_t>(stored - 1)})
        .numbers(0x00280103, "US", {representation});
  }

  FileBuilder& pixels(const std::vector<uint16_t>& values) {
    return numbers(0x7FE00010, "OW", values);
  }

  FileBuilder& fragments(const std::vector<std::string>& items) {
    header(0x7FE00010, "OB", 0xFFFFFFFF);
    for (const std::string& item : items) value(0xFFFEE000, "", item);
    return header(0xFFFEE0DD, "", 0);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  bool explicit_vr_ = true;
  bool big_endian_ = false;
  std::string bytes_;
};

}  // namespace evax::image::dicom
