#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evax::image {

/// An 8-bit picture: rows top to bottom, channels interleaved; 1 channel is grey, 3 are RGB. A grey
/// picture represents the RGB picture whose three channels are equal.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<uint8_t> pixels;  // height * width * channels

  const uint8_t* row(int y) const {
    return pixels.data() + static_cast<size_t>(y) * width * channels;
  }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * width * channels; }

  /// Whether it is grey or RGB, not empty, and holds the pixels it should.
  bool is_sound() const {
    return width > 0 && height > 0 && (channels == 1 || channels == 3) &&
           pixels.size() == static_cast<size_t>(width) * static_cast<size_t>(height) *
                                static_cast<size_t>(channels);
  }
};

/// Where an image came from and how it was turned into 8 bits. DICOM fields are empty otherwise.
struct Info {
  std::string format;           // "PNG", "JPEG", "DICOM"
  int bits = 8;                 // per sample, as stored
  std::string modality;         // "CR", "DX", ...
  std::string view;             // ViewPosition: "PA", "AP", "LL", ...
  std::string body_part;        // BodyPartExamined
  std::string photometric;      // PhotometricInterpretation
  std::string transfer_syntax;  // its UID
  std::string window;           // "LINEAR 550/1024", "min-max 0..252", "VOI LUT", ...
  std::optional<std::array<double, 2>> pixel_spacing;  // mm: between rows, between columns
  std::vector<std::string> warnings;                   // one sentence each
};

/// An X-ray as it was read: the picture and its description.
struct Radiograph {
  Image image;
  Info info;
};

}  // namespace evax::image
