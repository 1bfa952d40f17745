#include "evax/core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file_kind.h"
#include "evax/core/normal_form.h"
#include "evax/core/place.h"

namespace evax {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

std::string reason() { return std::strerror(errno); }

struct stat status_of(const std::string& path, int descriptor) {
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) fail("{}: {}", path, reason());
  if (S_ISDIR(status.st_mode)) fail("{}: expected a file, found a folder", path);
  return status;
}

// The size of a regular file that was opened.
size_t regular_size(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode))
    fail("{}: expected a regular file, found a pipe, a socket or a device", path);
  return static_cast<size_t>(status.st_size);
}

// Of a file that is too large, what it is: mostly another one was meant.
[[noreturn]] void refuse_size(const std::string& path, int descriptor, size_t size, size_t limit) {
  std::array<std::byte, 512> start{};
  const ssize_t count = ::pread(descriptor, start.data(), start.size(), 0);
  const FileKind kind =
      kind_of_file(std::span(start).first(static_cast<size_t>(std::max<ssize_t>(count, 0))));
  fail("{}: expected at most {} bytes, found {}, {}", path, limit, size, kind.name);
}

// O_NONBLOCK: opening a FIFO must not hang. A name that is missing is looked for in the other
// Unicode normal form.
int open_regular_file(const std::string& path) {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  const int descriptor = ::open(path.c_str(), flags);
  if (descriptor >= 0 || errno != ENOENT) return descriptor;
  const std::string other = existing_form(path);
  errno = ENOENT;
  return other == path ? descriptor : ::open(other.c_str(), flags);
}

// A FIFO waits for its writer. What this process has open is not opened again: sockets refuse that.
int open_stream(const std::string& path) {
  if (const auto own = follow(path).descriptor) return ::fcntl(*own, F_DUPFD_CLOEXEC, 0);
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

// Reads up to `bytes.size()` bytes; tells how many there were.
size_t read_all(const std::string& path, int descriptor, std::span<std::byte> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("{}: {}", path, reason());
    if (count == 0) break;  // a stream's end, or the file shrank while it was read
    done += static_cast<size_t>(count);
  }
  return done;
}

std::vector<std::byte> read_stream(const std::string& path, int descriptor, size_t limit) {
  constexpr size_t piece = 1 << 16;
  std::vector<std::byte> bytes;
  while (true) {
    const size_t before = bytes.size();
    bytes.resize(before + piece);
    const size_t count = read_all(path, descriptor, std::span(bytes).subspan(before));
    bytes.resize(before + count);
    if (bytes.size() > limit) fail("{}: expected at most {} bytes, found more", path, limit);
    if (count < piece) return bytes;
  }
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const Descriptor file(open_regular_file(path));
  const size_t size = regular_size(path, status_of(path, file.get()));
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) fail("{}: cannot map {} bytes: {}", path, size, reason());
  return std::shared_ptr<const MappedFile>(
      new MappedFile({static_cast<const std::byte*>(start), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::vector<std::byte> read_file(const std::string& path, size_t limit, Streams streams) {
  const bool stream = streams == Streams::allowed && is_stream(path);
  const Descriptor file(stream ? open_stream(path) : open_regular_file(path));
  const struct stat status = status_of(path, file.get());
  if (stream) return read_stream(path, file.get(), limit);
  const size_t size = regular_size(path, status);
  if (size > limit) refuse_size(path, file.get(), size, limit);
  std::vector<std::byte> bytes(size);
  bytes.resize(read_all(path, file.get(), bytes));
  return bytes;
}

bool is_stream(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(write_target(path), error);
  if (error || !std::filesystem::is_directory(path))
    fail("{}: cannot make the folder: {}", path,
         error ? error.message() : "a file is in its place");
}

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "evax-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr)
    fail("{}: cannot make a folder there: {}", path_, reason());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace evax
