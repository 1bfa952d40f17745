#include "evax/core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file_kind.h"
#include "evax/core/normal_form.h"
#include "evax/core/text.h"

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

// O_NONBLOCK: opening a FIFO must not hang. A name that is missing is looked for in the other
// Unicode normal form.
int open_to_read(const std::string& path) {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  const int descriptor = ::open(path.c_str(), flags);
  if (descriptor >= 0 || errno != ENOENT) return descriptor;
  const std::string other = existing_form(path);
  errno = ENOENT;
  return other == path ? descriptor : ::open(other.c_str(), flags);
}

// The size of a regular file.
size_t open_regular(const std::string& path, int descriptor) {
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) fail("{}: {}", path, reason());
  if (S_ISDIR(status.st_mode)) fail("{}: expected a file, found a folder", path);
  if (!S_ISREG(status.st_mode)) fail("{}: expected a regular file", path);
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

// Temporary names for the signal handler, which may only read memory and unlink. An AtomicFile does
// not move, so its name stays where it is; one that finds no free slot goes without.
std::array<std::atomic<const char*>, 64> unfinished{};

void remember(const char* name) {
  for (auto& slot : unfinished) {
    const char* none = nullptr;
    if (slot.compare_exchange_strong(none, name)) return;
  }
}

void forget(const char* name) {
  for (auto& slot : unfinished) {
    const char* expected = name;
    if (slot.compare_exchange_strong(expected, nullptr)) return;
  }
}

void remove_unfinished(int signal) {
  for (auto& slot : unfinished)
    if (const char* name = slot.exchange(nullptr)) ::unlink(name);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void remove_unfinished_files_on_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, remove_unfinished);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const Descriptor file(open_to_read(path));
  const size_t size = open_regular(path, file.get());
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) fail("{}: cannot map {} bytes: {}", path, size, reason());
  return std::shared_ptr<const MappedFile>(
      new MappedFile({static_cast<const std::byte*>(start), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::vector<std::byte> read_file(const std::string& path, size_t limit) {
  const Descriptor file(open_to_read(path));
  const size_t size = open_regular(path, file.get());
  if (size > limit) refuse_size(path, file.get(), size, limit);
  std::vector<std::byte> bytes(size);
  size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(file.get(), bytes.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("{}: {}", path, reason());
    if (count == 0) break;  // the file shrank while it was read
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  static std::atomic<unsigned> counter{0};
  if (std::filesystem::is_directory(path_))
    fail("{}: expected a file name to write, found a folder", path_);
  temporary_ = fmt::format("{}.{}.{}.tmp", path_, ::getpid(), counter++);
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("{}: cannot write: {}", path_, reason());
  remember(temporary_.c_str());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  forget(temporary_.c_str());
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("{}: cannot write: {}", path_, reason());
    done += static_cast<size_t>(count);
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::rewrite_start(std::string_view text) {
  const auto count = ::pwrite(descriptor_, text.data(), text.size(), 0);
  if (count != static_cast<ssize_t>(text.size())) fail("{}: cannot write: {}", path_, reason());
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("{}: cannot write: {}", path_, reason());
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    fail("{}: cannot write: {}", path_, reason());
  forget(temporary_.c_str());
  ::close(descriptor_);
  descriptor_ = -1;
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path))
    fail("{}: cannot make the folder: {}", path,
         error ? error.message() : "a file is in its place");
}

}  // namespace evax
