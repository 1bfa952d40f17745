#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "evax/core/error.h"
#include "evax/image/dicom/format/bytes.h"

namespace evax::image::dicom {

/// The bits of a JPEG-LS scan, up to its marker: the first bit after a byte FF is stuffed (T.87
/// A.1). Throws Error where a bit is missing.
class JpegLsBits {
 public:
  explicit JpegLsBits(Bytes scan) : scan_(scan) {}

  /// The next `count` bits, 0 to 32.
  uint32_t read(int count) {
    if (count == 0) return 0;
    need(count);
    const auto value = static_cast<uint32_t>(cache_ >> (64 - count));
    drop(count);
    return value;
  }

  /// The zeros before the next one, which is taken too. Throws when there are more than `most`.
  int zeros(int most) {
    int count = 0;
    while (true) {
      if (valid_ == 0) need(1);
      const int here = std::min(std::countl_zero(cache_), valid_);
      count += here;
      if (count > most) fail_cut();
      if (here < valid_) {
        drop(here);
        drop(1);
        return count;
      }
      drop(here);
    }
  }

  /// Whether nothing is left but the bits that fill the last byte.
  bool at_end() {
    fill();
    return valid_ < 8 + 7;
  }

 private:
  [[noreturn]] static void fail_cut() {
    fail("expected a whole JPEG-LS stream, found a damaged or cut one");
  }

  void need(int count) {
    if (valid_ < count) fill();
    if (valid_ < count) fail_cut();
  }

  void drop(int count) {
    cache_ = count == 64 ? 0 : cache_ << count;
    valid_ -= count;
  }

  void fill() {
    while (valid_ <= 56 && at_ < scan_.size()) {
      const uint8_t byte = u8(scan_, at_);
      if (after_ff_ && byte >= 0x80) return;                                             // a marker
      if (byte == 0xFF && at_ + 1 < scan_.size() && u8(scan_, at_ + 1) >= 0x80) return;  // its FF
      const int bits = after_ff_ ? 7 : 8;
      cache_ |= uint64_t{byte} << (64 - bits - valid_);
      valid_ += bits;
      after_ff_ = byte == 0xFF;
      ++at_;
    }
  }

  Bytes scan_;
  size_t at_ = 0;
  uint64_t cache_ = 0;  // its upper `valid_` bits are next, the others 0
  int valid_ = 0;
  bool after_ff_ = false;
};

}  // namespace evax::image::dicom
