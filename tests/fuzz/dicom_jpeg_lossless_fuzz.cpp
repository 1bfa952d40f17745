// DICOM files with lossless JPEG (T.81 annex H): any precision, predictor, point transform, Huffman
// table and restart interval, and any bits behind them.

#include "evax/image/dicom/format/transfer_syntax.h"
#include "tests/fuzz/jpeg_stream.h"

using namespace evax::fuzz;

EVAX_FUZZ_TARGET(dicom_jpeg_lossless) {
  Choices choices(input);
  const Frame frame = choose_frame(choices, 2, 16);
  Choices attributes = choices.split(16);
  const int predictor = choices.rarely(32) ? choices.byte() : choices.between(1, 7);
  const int point_transform = choices.rarely(8) ? choices.below(18) : 0;
  const int restart_rows = choices.rarely(4) ? choices.between(1, 3) : 0;
  const size_t restart_bytes = restart_rows == 0 ? 0 : 1 + choices.byte();
  const int per_sample = choices.one_of({4, 1, 2, 3});  // bytes

  const int process = choices.rarely(64) ? 0xC0 + choices.below(16) : 0xC3;
  const int largest_symbol = choices.rarely(16) ? 255 : 16;
  const int tables = choices.rarely(64) ? choices.byte() : 0;
  const int last = choices.rarely(32) ? choices.byte() : 0;
  const bool ends = !choices.rarely(16);

  std::string stream = marker(0xD8) + odd_segment(choices);
  stream += frame_header(process, frame, choices);
  stream += huffman_table(0x00, 17, largest_symbol, choices);
  if (restart_rows != 0)
    stream +=
        segment(0xDD, big_endian(choices.rarely(8) ? choices.word() : restart_rows * frame.width));
  stream += odd_segment(choices);
  stream += scan_header(tables, predictor, last, point_transform);
  stream += entropy_coded(
      choices.rest(), static_cast<size_t>(frame.width * frame.height * per_sample), restart_bytes);
  if (ends) stream += marker(0xD9);

  namespace uid = evax::image::dicom::uid;
  const auto syntax = predictor == 1 ? uid::jpeg_lossless_sv1 : uid::jpeg_lossless;
  decode(input, syntax, frame, stream, attributes);
}
