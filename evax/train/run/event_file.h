#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evax::train {

/// Closes a C file.
struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

/// Opens `path` to append to its first `keep` bytes; what follows them is dropped. Throws Error.
File append_after(const std::string& path, uint64_t keep);
/// The bytes of the file once all that was written is in it. Throws Error.
uint64_t flushed_size(const std::string& path, std::FILE* file);

/// A PNG and what it holds.
struct EncodedPicture {
  int width, height, channels;  // 1: grey, 3: RGB
  std::string png;
};

/// A file of scalars and pictures that TensorBoard reads: TFRecord frames (length, masked CRC-32C,
/// bytes, masked CRC-32C) of Event messages (tensorflow/core/util/event.proto: wall_time = 1, step
/// = 2, file_version = 3, summary = 5; of a summary: value = 1; of a value: tag = 1, simple_value =
/// 2, image = 4; of an image: height = 1, width = 2, colorspace = 3, encoded_image_string = 4).
class EventFile {
 public:
  /// Continues after the first `keep` bytes of `path`, or begins it. Throws Error when it cannot.
  EventFile(const std::string& path, uint64_t keep);

  /// One event at this step; seconds since 1970.
  void write(int64_t step, double wall_time,
             const std::vector<std::pair<std::string, float>>& scalars);
  void write(int64_t step, double wall_time, const std::string& name,
             const EncodedPicture& picture);
  uint64_t flush();  // the file's bytes

 private:
  void write_summary(int64_t step, double wall_time, const std::string& summary);
  void write_record(const std::string& event);

  std::string path_;
  File file_;
};

/// CRC-32C (Castagnoli), as in RFC 3720 appendix B.4.
uint32_t crc32c(std::string_view bytes);

}  // namespace evax::train
