#include <algorithm>
#include <array>
#include <string_view>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codestream.h"

namespace evax::image::dicom {
namespace {

constexpr std::array end_marker{std::byte{0xFF}, std::byte{0xD9}};

std::string_view characters(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// One box of a JP2 file (T.800 I.4), with its header.
struct Box {
  std::string_view type;
  Bytes content;
  size_t size = 0;
};

Box first_box(Bytes rest) {
  constexpr size_t header = 8, long_header = 16;
  const auto cut = [&] {
    fail("expected a whole box in the JP2 file, found {} bytes", rest.size());
  };
  if (rest.size() < header) cut();
  uint64_t size = u32(rest, 0, true);
  size_t start = header;
  if (size == 1 && rest.size() >= long_header) {
    size = uint64_t{u32(rest, 8, true)} << 32 | u32(rest, 12, true);
    start = long_header;
  } else if (size == 0) {  // up to the end
    size = rest.size();
  }
  if (size < start || size > rest.size()) cut();
  return {characters(rest.subspan(4, 4)), rest.subspan(start, size - start),
          static_cast<size_t>(size)};
}

}  // namespace

EndMarker with_end_marker(Bytes stream, std::vector<std::byte>& copy) {
  constexpr size_t most_padding = 32;  // besides zeros
  size_t size = stream.size();
  while (size > 0 && stream[size - 1] == std::byte{0}) --size;
  const size_t start = size - std::min(size, most_padding);
  const Bytes tail = stream.subspan(start, size - start);
  const auto found = std::find_end(tail.begin(), tail.end(), end_marker.begin(), end_marker.end());
  if (found != tail.end())
    return {stream.first(start + static_cast<size_t>(found - tail.begin()) + end_marker.size()),
            false};
  copy.reserve(stream.size() + end_marker.size());
  copy.assign(stream.begin(), stream.end());
  copy.insert(copy.end(), end_marker.begin(), end_marker.end());
  return {copy, true};
}

Bytes jpeg2000_stream(Bytes frame, std::vector<std::string>& warnings) {
  constexpr std::string_view signature("\0\0\0\x0CjP  \r\n\x87\n", 12);
  if (!characters(frame).starts_with(signature)) return frame;
  Bytes rest = frame;
  while (!rest.empty()) {
    const Box box = first_box(rest);
    // A palette would make colours of the samples.
    if (box.type == "jp2h" && characters(box.content).find("pclr") != std::string_view::npos)
      fail("expected a JP2 file of grey samples, found one with a palette");
    if (box.type == "jp2c") {
      warnings.emplace_back("the fragment holds a whole JP2 file; its code stream is read");
      return box.content;
    }
    rest = rest.subspan(box.size);
  }
  fail("expected a code stream in the JP2 file, found none");
}

}  // namespace evax::image::dicom
