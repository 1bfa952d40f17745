#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace evax::engine {

struct Unmap {
  void operator()(void* memory) const;
};

/// Zeroed memory on a cache-line boundary; on huge pages where it is large enough to gain from
/// them.
using Buffer = std::unique_ptr<std::byte[], Unmap>;
Buffer allocate(size_t bytes);

/// Memory that grows and is kept, for calls that come again and again. Nothing of it is inline: the
/// kernels' files, compiled for one instruction set, would give their copy to all.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  /// Memory of at least that size, on a cache-line boundary; its content is lost when it grows.
  std::byte* take(size_t bytes);

 private:
  Buffer memory_;
  size_t size_ = 0;
};

/// Many small buffers that live and die together, packed into few large ones. Thread-safe.
class Arena {
 public:
  Arena() = default;
  /// Moved only while no other thread uses it.
  Arena(Arena&& other) noexcept
      : chunks_(std::move(other.chunks_)),
        used_(other.used_),
        size_(other.size_),
        total_(other.total_) {}
  /// Zeroed, 64-byte aligned, alive as long as the arena.
  void* take(size_t bytes);
  /// What all of it takes.
  size_t bytes() const { return total_; }

 private:
  std::mutex mutex_;
  std::vector<Buffer> chunks_;
  size_t used_ = 0;
  size_t size_ = 0;  // of the last chunk
  size_t total_ = 0;
};

/// A row length in elements of `size` bytes that holds `columns` and whose rows do not fall on the
/// same cache sets: an odd number of cache lines.
size_t padded_stride(size_t columns, size_t size);

}  // namespace evax::engine
