#include "evax/image/dicom/format/container.h"

#include <optional>
#include <string_view>

#include "evax/core/error.h"
#include "evax/image/dicom/format/inflate.h"
#include "evax/image/dicom/format/transfer_syntax.h"
#include "evax/image/read.h"

namespace evax::image::dicom {
namespace {

constexpr size_t preamble_size = 128;

// How a data set without stated transfer syntax is written, judged by its first element.
std::optional<Encoding> guess_encoding(Bytes data_set) {
  if (data_set.size() < 8) return std::nullopt;
  Encoding encoding;
  const uint16_t group = u16(data_set, 0, false);
  encoding.big_endian = group >= 0x0100 && (group & 0xFF) == 0;
  const auto is_letter = [&](size_t at) {
    return u8(data_set, at) >= 'A' && u8(data_set, at) <= 'Z';
  };
  encoding.explicit_vr = is_letter(4) && is_letter(5);
  if (encoding.big_endian && !encoding.explicit_vr) return std::nullopt;  // there is no such syntax
  return encoding;
}

std::string_view uid_of(Encoding encoding) {
  if (encoding.big_endian) return uid::explicit_big_endian;
  return encoding.explicit_vr ? uid::explicit_little_endian : uid::implicit_little_endian;
}

void walk_data_set(Container& container, Bytes rest) {
  if (container.transfer_syntax.empty()) {
    const auto guess = guess_encoding(rest);
    if (!guess) fail("expected a data set after the header, found {} bytes", rest.size());
    container.transfer_syntax = uid_of(*guess);
  }
  container.encoding = encoding_of(container.transfer_syntax);
  if (container.transfer_syntax == uid::deflated) {
    const size_t size = inflated_size(rest, max_file_bytes);
    // Its pixels are native, at most one in a byte; a thread holds one reservation at a time.
    container.memory = std::make_unique<MemoryReservation>(size * (1 + bytes_per_pixel));
    container.inflated = inflate_raw(rest, size);
    rest = container.inflated;
  }
  walk(rest, container.encoding, container.data_set);
}

}  // namespace

bool has_preamble(Bytes file) {
  constexpr std::string_view magic = "DICM";
  return file.size() >= preamble_size + magic.size() &&
         std::string_view(reinterpret_cast<const char*>(file.data()) + preamble_size,
                          magic.size()) == magic;
}

bool looks_like_data_set(Bytes file) {
  const auto encoding = guess_encoding(file);
  if (!encoding) return false;
  const uint16_t group = u16(file, 0, encoding->big_endian);
  const uint16_t element = u16(file, 2, encoding->big_endian);
  if ((group != 0x0002 && group != 0x0008) || element > 0x00FF) return false;
  const size_t length =
      encoding->explicit_vr ? u16(file, 6, encoding->big_endian) : u32(file, 4, false);
  return length <= file.size() - 8;
}

Container open_container(Bytes file) {
  Container container;
  container.has_preamble = has_preamble(file);
  if (!container.has_preamble && !looks_like_data_set(file))
    fail("expected a DICOM file with 'DICM' at byte {}, found none", preamble_size);
  try {
    const size_t start = container.has_preamble ? preamble_size + 4 : 0;
    const size_t end = walk_meta(file, start, container.data_set);
    container.transfer_syntax = container.data_set.text(tag::transfer_syntax);
    walk_data_set(container, file.subspan(end));
  } catch (const Error& error) {
    container.defect = error.what();
  }
  return container;
}

}  // namespace evax::image::dicom
