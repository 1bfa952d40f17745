#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "evax/core/file.h"
#include "evax/image/image.h"

namespace evax::image {

struct ReadOptions {
  bool force = false;                      // read DICOM files of any modality
  std::string_view forced_by = "--force";  // what a message says would set it
  /// The depth of 16-bit PNG samples and of the entries of VOI LUTs, 8 to 16; 0: what they use
  /// (depth.h).
  int bits = 0;
  Streams streams = Streams::refused;  // of read(): whether a pipe will do
};

/// Limits on what a file may ask for; checked before memory is taken.
inline constexpr size_t max_file_bytes = size_t{512} << 20;
inline constexpr int64_t max_pixels = 100'000'000;

/// Reads a PNG, JPEG or DICOM file, recognised by its content, never by its name.
/// Throws Error: path, what was expected, what was found.
Radiograph read(const std::string& path, const ReadOptions& options = {});

/// The same from memory; `name` appears in the error messages.
Radiograph decode(std::span<const std::byte> bytes, std::string_view name,
                  const ReadOptions& options = {});

}  // namespace evax::image
