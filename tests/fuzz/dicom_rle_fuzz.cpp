// DICOM files with run lengths (PS3.5 annex G): segments of the fuzzer's runs, which mostly fill
// the picture, behind a header that is mostly right.

#include "evax/image/dicom/format/transfer_syntax.h"
#include "tests/fuzz/dicom_frame.h"

using namespace evax::fuzz;

namespace {

// PackBits of about `samples` bytes, the last run cut to fit unless `overflow`.
std::string runs(int samples, bool overflow, Choices& choices) {
  std::string out;
  for (int done = 0; done < samples;) {
    const int control = choices.byte();
    if (control == 128) {
      out += '\x80';
      if (!choices.rarely(4)) ++done;  // so that it ends
      continue;
    }
    const bool literal = control < 128;
    int count = literal ? control + 1 : 257 - control;
    if (!overflow) count = std::min(count, samples - done);
    const bool one = count == 1;  // has no replicate run
    out += static_cast<char>(literal || one ? count - 1 : 257 - count);
    for (int i = 0; i < (literal ? count : 1); ++i) out += static_cast<char>(choices.byte());
    done += count;
  }
  return out;
}

}  // namespace

EVAX_FUZZ_TARGET(dicom_rle) {
  Choices choices(input);
  const Frame frame = choose_frame(choices, 1, 16);
  Choices attributes = choices.split(16);
  const int segments = choices.rarely(16) ? choices.below(16) : frame.precision > 8 ? 2 : 1;
  const bool right = !choices.rarely(16), overflow = choices.rarely(16);
  evax::image::dicom::FileBuilder header;
  header.u32(static_cast<uint32_t>(segments));
  std::string data;
  for (int i = 0; i < 15; ++i) {
    const auto offset = static_cast<uint32_t>(i < segments ? 64 + data.size() : 0);
    header.u32(right ? offset : choices.word());
    if (i < segments) data += runs(frame.width * frame.height, overflow, choices);
    if (choices.rarely(16)) data.resize(data.size() - data.size() / 8);
  }
  decode(input, evax::image::dicom::uid::rle, frame, header.bytes() + data, attributes);
}
