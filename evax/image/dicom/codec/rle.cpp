#include <span>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codecs.h"

namespace evax::image::dicom {
namespace {

// PackBits (PS3.5 G.3.2) into one byte of every sample. What follows the last sample is padding.
void decode_segment(Bytes segment, int shift, std::span<uint16_t> samples) {
  size_t at = 0;
  size_t done = 0;
  const auto need = [&](size_t input, size_t output) {
    if (segment.size() - at < input)
      fail("expected {} samples in an RLE segment, found {} before its end", samples.size(), done);
    if (samples.size() - done < output)
      fail("expected RLE runs for {} samples, found more", samples.size());
  };
  while (done < samples.size()) {
    need(1, 0);
    const unsigned control = u8(segment, at++);
    if (control == 128) continue;  // no operation
    const bool literal = control < 128;
    const size_t count = literal ? control + 1 : 257 - control;
    need(literal ? count : 1, count);
    for (size_t i = 0; i < count; ++i) {
      const unsigned value = u8(segment, literal ? at + i : at);
      samples[done + i] = static_cast<uint16_t>(samples[done + i] | value << shift);
    }
    at += literal ? count : 1;
    done += count;
  }
}

}  // namespace

std::vector<uint16_t> decode_rle(Bytes frame, int bytes_per_sample, size_t count) {
  constexpr size_t header_size = 64;
  if (frame.size() < header_size)
    fail("expected an RLE header of {} bytes, found {}", header_size, frame.size());
  const uint32_t segments = u32(frame, 0, false);
  if (segments != static_cast<uint32_t>(bytes_per_sample))
    fail("expected {} RLE segments, found {}", bytes_per_sample, segments);
  std::vector<uint16_t> samples(count);
  for (uint32_t i = 0; i < segments; ++i) {
    const size_t start = u32(frame, 4 + 4 * i, false);
    const size_t end = i + 1 < segments ? u32(frame, 8 + 4 * i, false) : frame.size();
    if (start < header_size || start > end || end > frame.size())
      fail("expected an RLE segment within the {} bytes of its frame, found {} to {}", frame.size(),
           start, end);
    const int shift = 8 * static_cast<int>(segments - 1 - i);  // the high byte comes first
    decode_segment(frame.subspan(start, end - start), shift, samples);
  }
  return samples;
}

}  // namespace evax::image::dicom
