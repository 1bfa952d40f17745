#include "evax/image/dicom/format/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "evax/core/error.h"

namespace evax::image::dicom {
namespace {

constexpr size_t chunk = size_t{1} << 30;  // zlib counts in 32 bits

class Inflater {
 public:
  explicit Inflater(Bytes deflated) : rest_(deflated) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Fills as much of `out` as there is; returns how much, less than asked only at the end.
  size_t read(std::span<std::byte> out) {
    size_t written = 0;
    while (written < out.size() && !finished_) {
      const size_t input = std::min(rest_.size(), chunk);
      const size_t room = std::min(out.size() - written, chunk);
      stream_.next_in =
          const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));  // only read
      stream_.avail_in = static_cast<uInt>(input);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + written);
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END)
        fail("expected a whole deflated data set, found a {} one",
             status == Z_BUF_ERROR ? "cut" : "damaged");
      rest_ = rest_.subspan(input - stream_.avail_in);
      written += room - stream_.avail_out;
      finished_ = status == Z_STREAM_END;
    }
    return written;
  }

 private:
  z_stream stream_{};
  Bytes rest_;
  bool finished_ = false;
};

}  // namespace

size_t inflated_size(Bytes deflated, size_t limit) {
  Inflater inflater(deflated);
  std::vector<std::byte> scratch(size_t{64} << 10);
  size_t size = 0;
  while (const size_t got = inflater.read(scratch)) {
    size += got;
    if (size > limit)
      fail("expected a deflated data set of at most {} MB, found a larger one", limit >> 20);
  }
  return size;
}

std::vector<std::byte> inflate_raw(Bytes deflated, size_t size) {
  std::vector<std::byte> out(size);
  Inflater(deflated).read(out);
  return out;
}

}  // namespace evax::image::dicom
