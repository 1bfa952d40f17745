#pragma once

// A DICOM file around a code stream, with the attributes that the fuzzer chooses. Most of them fit
// the stream, so that its decoder is reached.

#include <cstdlib>
#include <numeric>

#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/file_builder.h"
#include "evax/image/dicom/pixels.h"
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

/// How the samples lie in the file (PS3.3 C.7.6.3).
struct Storage {
  int allocated = 8;
  int stored = 8;
  int high_bit = 7;
  bool is_signed = false;
};

inline Storage choose_storage(const Frame& frame, Choices& choices) {
  Storage storage;
  storage.allocated = frame.precision > 8 || choices.rarely(4) ? 16 : 8;
  storage.stored = choices.rarely(4) ? choices.between(1, storage.allocated)
                                     : std::min(frame.precision, storage.allocated);
  storage.high_bit = choices.rarely(8) ? choices.between(storage.stored - 1, storage.allocated - 1)
                                       : storage.stored - 1;
  storage.is_signed = frame.is_signed != choices.rarely(8);
  return storage;
}

/// How the picture is stored and shown.
inline void add_attributes(image::dicom::FileBuilder& file, const Frame& frame, Choices& choices) {
  const Storage storage = choose_storage(frame, choices);
  const auto number = [](int value) { return std::vector<uint16_t>{static_cast<uint16_t>(value)}; };
  file.text(0x00080060, "CS", choices.one_of({"CR", "DX", "OT"}))
      .numbers(0x00280002, "US", number(choices.rarely(64) ? 3 : 1))
      .text(0x00280004, "CS", choices.one_of({"MONOCHROME2", "MONOCHROME1"}));
  if (choices.rarely(32)) file.text(0x00280008, "IS", choices.one_of({"1", "2"}));
  file.numbers(0x00280010, "US", number(frame.height))
      .numbers(0x00280011, "US", number(frame.width))
      .numbers(0x00280100, "US", number(storage.allocated))
      .numbers(0x00280101, "US", number(storage.stored))
      .numbers(0x00280102, "US", number(storage.high_bit))
      .numbers(0x00280103, "US", number(storage.is_signed ? 1 : 0));
  const char* word = storage.is_signed ? "SS" : "US";
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
                              std::string stream, Choices attributes) {
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
inline void decode_file(const std::string& file, const Frame& frame) {
  read_or_refuse([&] {
    const auto radiograph = image::decode_dicom(bytes_of(file), "fuzz", {.force = true});
    if (radiograph.image.pixels.size() != static_cast<size_t>(frame.width * frame.height))
      std::abort();
  });
}

/// The decoder and the check of its values alone, which are an index into the table of grey levels.
/// Each fragment is an allocation of its own, so that reading past its end is seen.
inline void decode_stream(std::string_view transfer_syntax, const Frame& frame,
                          const std::string& stream, Choices attributes) {
  const Storage storage = choose_storage(frame, attributes);
  image::dicom::PixelFormat format;
  format.rows = frame.height;
  format.columns = frame.width;
  format.bits_allocated = storage.allocated;
  format.bits_stored = storage.stored;
  format.high_bit = storage.high_bit;
  format.is_signed = storage.is_signed;
  format.has_overlay_bits = attributes.rarely(16);
  const size_t half = attributes.rarely(8) ? stream.size() / 2 : stream.size();
  const std::vector<char> first(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(half)),
      second(stream.begin() + static_cast<ptrdiff_t>(half), stream.end());
  image::dicom::DataSet data_set;
  data_set.fragment({});
  data_set.fragment(std::as_bytes(std::span(first)));
  if (!second.empty()) data_set.fragment(std::as_bytes(std::span(second)));
  read_or_refuse([&] {
    std::vector<std::string> warnings;
    const auto values =
        image::dicom::read_stored_values(data_set, format, transfer_syntax, warnings);
    if (values.size() != format.pixels()) std::abort();
    for (const uint16_t value : values)
      if (value >> format.bits_stored != 0) std::abort();
  });
}

/// What every target does with its stream. A whole file costs many times the stream alone: one
/// input in `whole_file_share` is read as a file too, chosen by its checksum.
inline void decode(Input input, std::string_view transfer_syntax, const Frame& frame,
                   const std::string& stream, const Choices& attributes) {
  decode_stream(transfer_syntax, frame, stream, attributes);
  if (std::accumulate(input.begin(), input.end(), 0U) % whole_file_share == 0)
    decode_file(dicom_file(transfer_syntax, frame, stream, attributes), frame);
}

}  // namespace evax::fuzz
