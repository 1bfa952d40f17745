#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evax {

/// A regular file mapped read-only; the bytes live as long as the object.
/// Throws Error naming the path when it is missing, a directory, or unreadable.
class MappedFile {
 public:
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

/// The whole of a regular file. Throws Error when it is missing, unreadable, or larger than
/// `limit` bytes (checked before memory is taken).
std::vector<std::byte> read_file(const std::string& path, size_t limit);

/// A file that appears under its name only when whole: written under a temporary name in the same
/// folder, fsynced and renamed by commit(). Without commit() nothing is left behind.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Overwrites the first bytes of what was written: a header that is known last.
  void rewrite_start(std::string_view text);
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

/// From now on SIGINT, SIGTERM and SIGHUP remove the temporary names of unfinished AtomicFiles
/// before they end the process as usual.
void remove_unfinished_files_on_signals();

void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

/// Makes the folder and its parents; throws Error naming the path when it cannot.
void make_folder(const std::string& path);

}  // namespace evax
