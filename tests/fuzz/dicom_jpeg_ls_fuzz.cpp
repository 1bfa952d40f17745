// DICOM files with JPEG-LS (T.87): any precision, presets and near-lossless limit, and any bits
// behind them.

#include "evax/image/dicom/format/transfer_syntax.h"
#include "tests/fuzz/jpeg_stream.h"

using namespace evax::fuzz;

namespace {

// LSE (T.87 C.2.4.1): MAXVAL, three thresholds and RESET, mostly in their order.
std::string presets(const Frame& frame, Choices& choices) {
  if (!choices.rarely(4)) return "";
  std::string body(1, '\x01');
  const int most = (1 << frame.precision) - 1;
  const int maxval = choices.rarely(4) ? choices.word() : most;
  body += big_endian(maxval);
  int threshold = 0;
  for (int i = 0; i < 3; ++i) {
    threshold += choices.byte();
    body += big_endian(choices.rarely(8) ? choices.word() : std::min(threshold, maxval));
  }
  body += big_endian(choices.rarely(8) ? choices.word() : choices.below(256));
  return segment(0xF8, body);
}

// LSE of another kind: mapping tables, sizes (T.87 C.2.4.1.2).
std::string other_presets(Choices& choices) {
  if (!choices.rarely(32)) return "";
  return segment(0xF8, choices.text(static_cast<size_t>(choices.below(20))));
}

// After 0xFF comes a bit of 0 (T.87 A.1): the fuzzer's bytes over and over, so stuffed.
std::string bit_stuffed(const std::string& bytes, size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size && !bytes.empty(); ++i) {
    out[i] = bytes[i % bytes.size()];
    if (i > 0 && out[i - 1] == '\xFF') out[i] = static_cast<char>(out[i] & 0x7F);
  }
  return out;
}

}  // namespace

EVAX_FUZZ_TARGET(dicom_jpeg_ls) {
  Choices choices(input);
  const Frame frame = choose_frame(choices, 2, 16);
  Choices attributes = choices.split(16);
  const int near = choices.rarely(4) ? choices.byte() : 0;
  const int per_sample = choices.one_of({4, 1, 2, 8});  // bytes

  const int process = choices.rarely(64) ? 0xC0 + choices.below(16) : 0xF7;
  const bool presets_first = choices.rarely(2), ends = !choices.rarely(16);
  const int table = choices.rarely(32) ? choices.byte() : 0;
  const int interleave = choices.rarely(32) ? choices.below(4) : 0;
  const int point_transform = choices.rarely(32) ? choices.below(16) : 0;

  std::string stream = marker(0xD8) + odd_segment(choices);
  if (presets_first) stream += presets(frame, choices);
  stream += frame_header(process, frame, choices);
  if (!presets_first) stream += presets(frame, choices);
  stream += other_presets(choices);
  stream += odd_segment(choices);
  if (choices.rarely(16)) stream += segment(0xDD, big_endian(choices.below(64)));
  stream += scan_header(table, near, interleave, point_transform);
  stream +=
      bit_stuffed(choices.rest(), static_cast<size_t>(frame.width * frame.height * per_sample));
  if (ends) stream += marker(0xD9);

  namespace uid = evax::image::dicom::uid;
  decode(input, near == 0 ? uid::jpeg_ls : uid::jpeg_ls_near, frame, stream, attributes);
}
