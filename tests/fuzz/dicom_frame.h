#pragma once

// A DICOM file around a code stream, with the attributes that the fuzzer chooses. Most of them fit
// the stream, so that its decoder is reached.

#include <cstdlib>

#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/file_builder.h"
#include "tests/fuzz/harness.h"

namespace evax::fuzz {

/// What a code stream says of itself.
struct Frame {
  int width = 1;
  int height = 1;
  int precision = 8;  // bits per sample
  bool is_signed = false;
};

/// Small pictures: a decoder's paths do not depend on the size, and the time does.
inline Frame choose_frame(Choices& choices, int fewest_bits, int most_bits) {
  Frame frame;
  frame.width = choices.between(1, 24);
  frame.height = choices.between(1, 24);
  // Mostly up to 12 bits: the table of grey levels of 16 bits costs more than all else.
  frame.precision =
      choices.between(fewest_bits, choices.rarely(8) ? most_bits : std::min(most_bits, 12));
  return frame;
}

/// How the picture is stored and shown.
inline void add_attributes(image::dicom::FileBuilder& file, const Frame& frame, Choices& choices) {
  const int allocated = frame.precision > 8 || choices.rarely(4) ? 16 : 8;
  const int stored =
      choices.rarely(4) ? choices.between(1, allocated) : std::min(frame.precision, allocated);
  const int high_bit = choices.rarely(8) ? choices.between(stored - 1, allocated - 1) : stored - 1;
  const bool is_signed = frame.is_signed != choices.rarely(8);
  const auto number = [](int value) { return std::vector<uint16_t>{static_cast<uint16_t>(value)}; };
  file.text(0x00080060, "CS", choices.one_of({"CR", "DX", "OT"}))
      .numbers(0x00280002, "US", number(choices.rarely(64) ? 3 : 1))
      .text(0x00280004, "CS", choices.one_of({"MONOCHROME2", "MONOCHROME1"}));
  if (choices.rarely(32)) file.text(0x00280008, "IS", choices.one_of({"1", "2"}));
  file.numbers(0x00280010, "US", number(frame.height))
      .numbers(0x00280011, "US", number(frame.width))
      .numbers(0x00280100, "US", number(allocated))
      .numbers(0x00280101, "US", number(stored))
      .numbers(0x00280102, "US", number(high_bit))
      .numbers(0x00280103, "US", number(is_signed ? 1 : 0));
  const char* word = is_signed ? "SS" : "US";
  if (choices.rarely(8)) file.numbers(0x00280120, word, {choices.word()});
  if (choices.rarely(16)) file.numbers(0x00280121, word, {choices.word()});
  if (choices.rarely(8)) {
    const uint16_t center = choices.word(), width = choices.word();
    file.text(0x00281050, "DS", std::to_string(center))
        .text(0x00281051, "DS", std::to_string(width));
  }
  if (choices.rarely(8))
    file.text(0x00281052, "DS", choices.one_of({"-1024", "0.5", "1e29"}))
        .text(0x00281053, "DS", choices.one_of({"1", "-2", "1e-3", "1e29"}));
}

/// The file whole. The stream lies in one fragment or in two.
inline std::string dicom_file(std::string_view transfer_syntax, const Frame& frame,
                              std::string stream, Choices& attributes) {
  image::dicom::FileBuilder file;
  file.preamble(transfer_syntax);
  add_attributes(file, frame, attributes);
  if (stream.size() % 2 != 0) stream += '\0';
  const size_t half = attributes.rarely(8) ? stream.size() / 4 * 2 : stream.size();
  std::vector<std::string> items{"", stream.substr(0, half)};
  if (half < stream.size()) items.push_back(stream.substr(half));
  return file.fragments(items).bytes();
}

/// Any modality; the picture has the size that the file says.
inline void decode(const std::string& file, const Frame& frame) {
  read_or_refuse([&] {
    const auto radiograph = image::decode_dicom(bytes_of(file), "fuzz", {.force = true});
    if (radiograph.image.pixels.size() != static_cast<size_t>(frame.width * frame.height))
      std::abort();
  });
}

}  // namespace evax::fuzz
