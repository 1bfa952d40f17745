#include "evax/image/dicom/format/walker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "evax/core/error.h"

namespace evax::image::dicom {
namespace {

constexpr uint32_t item_tag = 0xFFFEE000;
constexpr uint32_t item_end_tag = 0xFFFEE00D;
constexpr uint32_t sequence_end_tag = 0xFFFEE0DD;
constexpr uint32_t undefined_length = 0xFFFFFFFF;

std::string tag_name(uint32_t tag) {
  return fmt::format("({:04X},{:04X})", tag >> 16, tag & 0xFFFF);
}

// PS3.5 table 7.1-1: these have two reserved bytes and a 32-bit length.
bool has_long_length(uint16_t vr) {
  constexpr std::array long_vrs = {
      vr_code('O', 'B'), vr_code('O', 'D'), vr_code('O', 'F'), vr_code('O', 'L'), vr_code('O', 'V'),
      vr_code('O', 'W'), vr_code('S', 'Q'), vr_code('S', 'V'), vr_code('U', 'C'), vr_code('U', 'N'),
      vr_code('U', 'R'), vr_code('U', 'T'), vr_code('U', 'V')};
  return std::find(long_vrs.begin(), long_vrs.end(), vr) != long_vrs.end();
}

struct Header {
  uint32_t tag = 0;
  uint16_t vr = 0;
  uint32_t length = 0;
};

// The data set, a sequence or an item that is open. `limit` is where it, or what it lies in, ends.
struct Level {
  size_t limit = 0;
  bool undefined = false;
  bool sequence = false;
  Encoding encoding;
};

class Walker {
 public:
  Walker(Bytes bytes, Encoding encoding, Visitor& visitor) : bytes_(bytes), visitor_(visitor) {
    levels_.push_back({bytes.size(), false, false, encoding});
  }

  void run() {
    while (!finished_) {
      const Level& level = levels_.back();
      if (position_ == level.limit && !level.undefined) {
        if (levels_.size() == 1) return;
        close();
      } else if (level.sequence) {
        item_or_end();
      } else {
        element();
      }
    }
  }

  size_t run_meta(size_t start) {
    position_ = start;
    while (position_ + 2 <= bytes_.size() && u16(bytes_, position_, false) == 2) {
      const Header header = read_header();
      emit(header, take(header));
    }
    return position_;
  }

 private:
  Header read_header() {
    const Level& level = levels_.back();
    const bool big = level.encoding.big_endian;
    need(8);
    Header header;
    header.tag =
        static_cast<uint32_t>(u16(bytes_, position_, big)) << 16 | u16(bytes_, position_ + 2, big);
    const bool delimiter = header.tag >> 16 == 0xFFFE;
    if (!level.encoding.explicit_vr || delimiter) {
      header.length = u32(bytes_, position_ + 4, big);
      position_ += 8;
      return header;
    }
    header.vr = u16(bytes_, position_ + 4, true);
    const auto is_letter = [](int c) { return c >= 'A' && c <= 'Z'; };
    if (!is_letter(header.vr >> 8) || !is_letter(header.vr & 0xFF))
      fail("expected two letters as value representation of element {}, found {:02x} {:02x}",
           tag_name(header.tag), header.vr >> 8, header.vr & 0xFF);
    if (has_long_length(header.vr)) {
      need(12);
      header.length = u32(bytes_, position_ + 8, big);
      position_ += 12;
    } else {
      header.length = u16(bytes_, position_ + 6, big);
      position_ += 8;
    }
    return header;
  }

  size_t left() const { return levels_.back().limit - position_; }

  void need(size_t size) const {
    if (left() < size)
      fail("expected a data element or a delimiter at byte {}, found {}", position_,
           left() == 0 ? "the end" : "the end within it");
  }

  Bytes take(const Header& header) {
    if (header.length > left())
      fail("expected {} bytes in element {}, found {} before its end", header.length,
           tag_name(header.tag), left());
    const Bytes value = bytes_.subspan(position_, header.length);
    position_ += header.length;
    return value;
  }

  void element() {
    const Header header = read_header();
    if (header.tag == item_end_tag && levels_.back().undefined) return close();
    if (header.tag >> 16 == 0xFFFE)
      fail("expected a data element, found the delimiter {}", tag_name(header.tag));
    const bool top = levels_.size() == 1;
    if (header.tag == pixel_data_tag) {
      if (header.length == undefined_length)
        fragments(top);
      else
        emit(header, take(header));
      finished_ = top;
    } else if (header.length == undefined_length) {
      open_sequence(header);
    } else if (top && visitor_.wants_sequence(header.tag) && header.length > 0) {
      if (header.length > left()) take(header);
      open_sequence(header);
    } else {
      emit(header, take(header));
    }
  }

  void emit(const Header& header, Bytes value) {
    Element found;
    found.tag = header.tag;
    found.vr = header.vr;
    found.value = value;
    found.encoding = levels_.back().encoding;
    found.sequence = levels_.size() > 1 ? sequence_ : 0;
    found.item = item_;
    found.nested_deeper = levels_.size() > 3;
    visitor_.element(found);
  }

  void open_sequence(const Header& header) {
    if (levels_.size() == 1) {
      sequence_ = header.tag;
      item_ = -1;
    }
    const size_t depth = levels_.size() / 2 + 1;  // data set, sequence, item, sequence, item, ...
    if (depth > max_sequence_depth)
      fail("expected sequences at most {} deep, found a deeper one at byte {}", max_sequence_depth,
           position_);
    Level level = levels_.back();
    level.sequence = true;
    level.undefined = header.length == undefined_length;
    if (!level.undefined) level.limit = position_ + header.length;
    // PS3.5 6.2.2: a sequence of unknown representation is written in implicit little endian.
    if (header.vr == vr_code('U', 'N')) level.encoding = {false, false};
    levels_.push_back(level);
  }

  void item_or_end() {
    const Header header = read_header();
    if (header.tag == sequence_end_tag && levels_.back().undefined) return close();
    if (header.tag != item_tag)
      fail("expected an item of a sequence, found {} at byte {}", tag_name(header.tag),
           position_ - 8);
    if (levels_.size() == 2) ++item_;
    Level level = levels_.back();
    level.sequence = false;
    level.undefined = header.length == undefined_length;
    if (!level.undefined) {
      if (header.length > left()) take(header);
      level.limit = position_ + header.length;
    }
    levels_.push_back(level);
  }

  void close() { levels_.pop_back(); }

  void fragments(bool top) {
    for (size_t count = 0;; ++count) {
      const Header header = read_header();
      if (header.tag == sequence_end_tag) return;
      if (header.tag != item_tag || header.length == undefined_length)
        fail("expected a fragment of pixel data, found {} of length {:#x}", tag_name(header.tag),
             header.length);
      if (count > max_fragments)
        fail("expected at most {} fragments of pixel data, found more", max_fragments);
      const Bytes fragment = take(header);
      if (top) visitor_.fragment(fragment);
    }
  }

  Bytes bytes_;
  Visitor& visitor_;
  std::vector<Level> levels_;
  size_t position_ = 0;
  uint32_t sequence_ = 0;
  int item_ = -1;
  bool finished_ = false;
};

}  // namespace

void walk(Bytes data_set, Encoding encoding, Visitor& visitor) {
  Walker(data_set, encoding, visitor).run();
}

size_t walk_meta(Bytes file, size_t start, Visitor& visitor) {
  return Walker(file, {}, visitor).run_meta(start);
}

}  // namespace evax::image::dicom
