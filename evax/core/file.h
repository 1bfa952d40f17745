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

/// What else than a regular file may be read.
enum class Streams { refused, allowed };

/// The whole of a file; with Streams::allowed a pipe or a device (/dev/stdin) is read to its end.
/// What a list names is read without: a FIFO named there would wait for ever. Throws Error when it
/// is missing, unreadable, or larger than `limit` bytes (of a regular file checked before memory is
/// taken).
std::vector<std::byte> read_file(const std::string& path, size_t limit,
                                 Streams streams = Streams::refused);

/// Whether the path leads to something that is there and neither a regular file nor a folder.
bool is_stream(const std::string& path);

/// The file is an input of this command: from now on no AtomicFile replaces it, also through links
/// or another spelling (device and inode are compared). For a folder: each file in it. Thread-safe.
void protect_input(const std::string& path);

/// What the verbs write goes through here. A regular file appears under its name only when whole:
/// it is written under a temporary name in the same folder, fsynced and renamed by commit(), with
/// mode and owner of the file that it replaces; links are followed to the file they lead to.
/// Without commit() nothing is left behind. A device, a pipe or /dev/fd/N is written directly, as
/// the bytes come. Throws Error where it cannot be written, or is an input (protect_input).
class AtomicFile {
 public:
  /// How the first bytes come: in order, or last of all by rewrite_start(), for which a stream
  /// takes everything at commit() only.
  enum class Start { written, rewritten };

  explicit AtomicFile(std::string path, Start start = Start::written);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Overwrites the first bytes of what was written: a header that is known last.
  void rewrite_start(std::string_view text);
  void commit();

 private:
  void open_stream(int stream, Start start);
  void open_regular();
  void write_to(int descriptor, std::span<const std::byte> bytes) const;
  void send_to_stream() const;

  std::string path_;       // as it was given
  std::string target_;     // where its links lead
  std::string temporary_;  // empty: a stream
  int descriptor_ = -1;    // what write() writes into
  int stream_ = -1;        // Start::rewritten: the stream that takes it at commit()
};

void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

/// Throws Error where an AtomicFile of that path would: to be known before the work begins.
void check_writable(const std::string& path);

/// Where a file or folder of that name is to be written: links are followed, also to what is not
/// there yet. Throws Error when they go in circles.
std::string write_target(const std::string& path);

/// Makes the folder and its parents; throws Error naming the path when it cannot.
void make_folder(const std::string& path);

/// A new folder for this user alone, below the system's folder for temporary files under a name
/// that nobody can know before; removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// From now on SIGINT, SIGTERM and SIGHUP remove the temporary names of unfinished AtomicFiles
/// before they end the process as usual; and so does a mapped file that became shorter while it was
/// read (SIGBUS), after one sentence that names it, with exit code 1.
void handle_signals();

}  // namespace evax
