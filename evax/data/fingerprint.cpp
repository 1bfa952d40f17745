#include "evax/data/fingerprint.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/data/shards/shard.h"

namespace evax::data {
namespace {

constexpr size_t edge = 4096;
constexpr const char* missing = "missing";

std::string sha256_of(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

// Size and edges of an open file; empty when it is no regular one or cannot be read.
std::string edges_of(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return "";
  const auto size = static_cast<uint64_t>(status.st_size);
  std::string bytes(std::min<uint64_t>(size, 2 * edge), '\0');
  const size_t head = std::min(bytes.size(), edge), tail = bytes.size() - head;
  const auto read = [&](size_t begin, size_t count, uint64_t offset) {
    return ::pread(descriptor, bytes.data() + begin, count, static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(count);
  };
  if (!read(0, head, 0) || !read(head, tail, size - tail)) return "";
  return fmt::format("{}\n", size) + bytes;
}

}  // namespace

std::string path_below(const std::string& folder, const std::string& path) {
  const std::string start = folder.empty() || folder.ends_with('/') ? folder : folder + "/";
  return path.starts_with(start) ? path.substr(start.size()) : path;
}

std::string fingerprint(const Dataset& dataset, const std::string& images) {
  std::string lines;
  for (const Sample& sample : dataset.samples) {
    lines += fmt::format("{}\t{}\t{}\t{}", path_below(images, sample.path), sample.patient,
                         sample.label, fmt::join(sample.labels, " "));
    if (!sample.mask.empty()) lines += '\t' + path_below(images, sample.mask);
    lines += '\n';
  }
  return sha256_of(lines);
}

std::string file_fingerprint(const std::string& path) {
  // A pipe must not keep it waiting.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return missing;
  const std::string edges = edges_of(descriptor);
  ::close(descriptor);
  return edges.empty() ? missing : sha256_of(edges);
}

std::string picture_fingerprint(const Sample& sample) {
  std::string text = sample.shard ? fmt::format("{:08x}", sample.shard->checksum(sample.record))
                                  : file_fingerprint(sample.path);
  if (!sample.mask.empty()) text += ' ' + file_fingerprint(sample.mask);
  return text;
}

std::string picture_fingerprint(const Dataset& dataset) {
  constexpr size_t at_a_time = 64;
  std::vector<std::string> parts((dataset.size() + at_a_time - 1) / at_a_time);
  ThreadPool pool(std::min(available_threads(), std::max<size_t>(1, parts.size())));
  pool.parallel_for(parts.size(), [&](size_t part, size_t) {
    const size_t end = std::min(dataset.size(), (part + 1) * at_a_time);
    for (size_t i = part * at_a_time; i < end; ++i)
      parts[part] += picture_fingerprint(dataset.samples[i]) + '\n';
  });
  return sha256_of(fmt::format("{}", fmt::join(parts, "")));
}

}  // namespace evax::data
