#pragma once

#include <cstdint>

#include "evax/image/dicom/format/bytes.h"

namespace evax::image::dicom {

/// How a data set is written (PS3.5 section 7 and annex A).
struct Encoding {
  bool explicit_vr = true;
  bool big_endian = false;
};

/// Two letters as one number, e.g. vr_code('O', 'W').
constexpr uint16_t vr_code(char first, char second) {
  return static_cast<uint16_t>(static_cast<uint8_t>(first) << 8 | static_cast<uint8_t>(second));
}

/// One element: (group << 16 | element), its value representation (0 when implicit), its value.
struct Element {
  uint32_t tag = 0;
  uint16_t vr = 0;
  Bytes value;
  Encoding encoding;
  /// The top-level sequence it lies in (0: none), the index of the item there, and whether it lies
  /// directly in that item.
  uint32_t sequence = 0;
  int item = 0;
  bool nested_deeper = false;
};

/// What walk() reports. `value` and `fragment` are views of the walked bytes.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual void element(const Element& element) = 0;
  /// An item of encapsulated top-level pixel data, the basic offset table first (PS3.5 A.4).
  virtual void fragment(Bytes fragment) = 0;
  /// Whether a top-level sequence of known length is worth descending into. Others are skipped.
  virtual bool wants_sequence(uint32_t tag) const = 0;
};

inline constexpr uint32_t pixel_data_tag = 0x7FE00010;
inline constexpr int max_sequence_depth = 64;
inline constexpr size_t max_fragments = 1'000'000;

/// Goes through a data set up to and including its pixel data, without recursion and without
/// taking memory that a length in the file asks for. What follows the pixel data is not read.
/// Throws Error (a sentence without the file's name) when a length leaves its container, a
/// delimiter is missing, or sequences are deeper than max_sequence_depth.
void walk(Bytes data_set, Encoding encoding, Visitor& visitor);

/// The end of the file meta information: the first element from `start` whose group is not 0002
/// (PS3.10 section 7.1; the stated group length is often wrong and not used).
size_t walk_meta(Bytes file, size_t start, Visitor& visitor);

}  // namespace evax::image::dicom
