#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/place.h"
#include "evax/core/unfinished_files.h"

namespace evax {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_to_write(const std::string& path) {
  fail("{}: cannot write: {}", path, std::strerror(errno));
}

// The inputs of this command, and where each was found: the number of a file that is gone since may
// be another's.
class Inputs {
 public:
  void add(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    const std::lock_guard lock(mutex_);
    files_[{status.st_dev, status.st_ino}] = path;
  }
  bool hold(const struct stat& status) {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find({status.st_dev, status.st_ino});
    struct stat now {};
    return found != files_.end() && ::stat(found->second.c_str(), &now) == 0 &&
           now.st_dev == status.st_dev && now.st_ino == status.st_ino;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<dev_t, ino_t>, std::string> files_;
};

Inputs& inputs() {
  static Inputs all;
  return all;
}

void refuse_input(const std::string& path, const struct stat& status) {
  if (inputs().hold(status))
    fail("{}: expected another file to write than an input of this command, found the same", path);
}

// What is there, if anything: a file to be replaced, a stream, a folder.
std::optional<struct stat> present(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return status;
  return std::nullopt;
}

// As the file had it that is replaced. The owner goes first: changing it drops bits of the mode.
void keep_mode_and_owner(int descriptor, const struct stat& status) {
  if (::fchown(descriptor, status.st_uid, status.st_gid) != 0 &&
      ::fchown(descriptor, static_cast<uid_t>(-1), status.st_gid) != 0)
    errno = 0;  // another user's file stays ours: only root can give one away
  ::fchmod(descriptor, status.st_mode & 07777);
}

// A file without a name, for what a stream takes in the end.
int nameless_file(const std::string& path) {
  std::string name = (fs::temp_directory_path() / "evax-XXXXXX").string();
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) fail("{}: cannot write {}: {}", path, name, std::strerror(errno));
  ::unlink(name.c_str());
  return descriptor;
}

}  // namespace

void protect_input(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return inputs().add(path);
  for (fs::directory_iterator entry(path, error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    inputs().add(entry->path().string());
}

std::string write_target(const std::string& path) { return follow(path).path; }

AtomicFile::AtomicFile(std::string path, Start start) : path_(std::move(path)) {
  const Place place = follow(path_);
  target_ = place.path;
  const auto found = present(target_);
  if (found && S_ISDIR(found->st_mode))
    fail("{}: expected a file name to write, found a folder", path_);
  // What this process has open is not opened again: that would start over, and sockets refuse it.
  if (place.descriptor)
    open_stream(::fcntl(*place.descriptor, F_DUPFD_CLOEXEC, 0), start);
  else if (found && !S_ISREG(found->st_mode))
    open_stream(::open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY), start);
  else
    open_regular();
}

void AtomicFile::open_stream(int stream, Start start) {
  if (stream < 0) fail_to_write(path_);
  if (start == Start::written) {
    descriptor_ = stream;
  } else {
    stream_ = stream;
    descriptor_ = nameless_file(path_);
  }
}

void AtomicFile::open_regular() {
  static std::atomic<unsigned> counter{0};
  const auto replaced = present(target_);
  if (replaced) refuse_input(path_, *replaced);
  temporary_ = fmt::format("{}.{}.{}.tmp", target_, ::getpid(), counter++);
  descriptor_ =
      ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, replaced ? 0600 : 0666);
  if (descriptor_ < 0) fail_to_write(path_);
  remember_unfinished(temporary_.c_str());
  if (replaced) keep_mode_and_owner(descriptor_, *replaced);
}

AtomicFile::~AtomicFile() {
  if (stream_ >= 0) ::close(stream_);
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (temporary_.empty()) return;
  forget_unfinished(temporary_.c_str());
  ::unlink(temporary_.c_str());
}

void AtomicFile::write_to(int descriptor, std::span<const std::byte> bytes) const {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_to_write(path_);
    done += static_cast<size_t>(count);
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) { write_to(descriptor_, bytes); }

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::rewrite_start(std::string_view text) {
  const auto count = ::pwrite(descriptor_, text.data(), text.size(), 0);
  if (count != static_cast<ssize_t>(text.size())) fail_to_write(path_);
}

void AtomicFile::send_to_stream() const {
  std::array<std::byte, 1 << 16> piece;
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(descriptor_, piece.data(), piece.size(), at);
    if (count < 0) fail_to_write(path_);
    if (count == 0) return;
    write_to(stream_, std::span(piece).first(static_cast<size_t>(count)));
    at += count;
  }
}

void AtomicFile::commit() {
  if (stream_ >= 0) send_to_stream();
  if (!temporary_.empty()) {
    if (::fsync(descriptor_) != 0) fail_to_write(path_);
    if (const auto replaced = present(target_)) refuse_input(path_, *replaced);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_to_write(path_);
    forget_unfinished(temporary_.c_str());
  }
  const int closed = std::exchange(descriptor_, -1);
  if (::close(closed) != 0) fail_to_write(path_);
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void check_writable(const std::string& path) {
  if (!is_stream(path)) AtomicFile{path};  // opening a pipe would wait, or end its reader's work
}

}  // namespace evax
