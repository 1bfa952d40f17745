// DICOM files with baseline and extended JPEG of 8 and 12 bits (T.81 annex F): any quantization and
// Huffman tables and restart interval, and any bits behind them.

#include "evax/image/dicom/format/transfer_syntax.h"
#include "tests/fuzz/jpeg_stream.h"

using namespace evax::fuzz;

namespace {

std::string quantization_table(Choices& choices) {
  const bool words = choices.rarely(8);
  std::string body(1, words ? '\x10' : '\0');
  const int step = 1 + choices.byte();
  for (int i = 0; i < 64; ++i) {
    if (words) body += static_cast<char>(choices.rarely(4) ? choices.byte() : 0);
    body += static_cast<char>(step);
  }
  return segment(0xDB, body);
}

}  // namespace

EVAX_FUZZ_TARGET(dicom_jpeg_extended) {
  Choices choices(input);
  Frame frame = choose_frame(choices, 2, 16);
  if (!choices.rarely(32)) frame.precision = frame.precision % 4 == 0 ? 8 : 12;
  Choices attributes = choices.split(16);
  const int code = choices.rarely(32)     ? 0xC0 + choices.below(16)
                   : frame.precision == 8 ? choices.one_of({0xC1, 0xC0})
                                          : 0xC1;
  const int restart_blocks = choices.rarely(4) ? choices.between(1, 3) : 0;
  const size_t restart_bytes = restart_blocks == 0 ? 0 : 1 + choices.byte();
  const int per_block = choices.one_of({64, 8, 32, 200});  // bytes

  const int largest_symbol = choices.rarely(16) ? 255 : 15;
  const int tables = choices.rarely(64) ? choices.byte() : 0;
  const int first = choices.rarely(64) ? 1 : 0;
  const int last = choices.rarely(64) ? choices.byte() : 63;
  const int approximation = choices.rarely(64) ? 0x11 : 0;
  const bool ends = !choices.rarely(16);

  std::string stream = marker(0xD8) + odd_segment(choices);
  stream += quantization_table(choices);
  stream += frame_header(code, frame, choices);
  stream += huffman_table(0x00, 17, largest_symbol, choices);
  stream += huffman_table(0x10, 60, 255, choices);
  if (restart_blocks != 0)
    stream += segment(0xDD, big_endian(choices.rarely(8) ? choices.word() : restart_blocks));
  stream += odd_segment(choices);
  stream += scan_header(tables, first, last, approximation);
  const int blocks = ((frame.width + 7) / 8) * ((frame.height + 7) / 8);
  stream += entropy_coded(choices.rest(), static_cast<size_t>(blocks * per_block), restart_bytes);
  if (ends) stream += marker(0xD9);

  namespace uid = evax::image::dicom::uid;
  const auto syntax = code == 0xC0 ? uid::jpeg_baseline : uid::jpeg_extended;
  decode(input, syntax, frame, stream, attributes);
}
