#include "evax/engine/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace evax::engine {
namespace {

constexpr size_t cache_line = 64;
constexpr size_t huge_page = size_t{2} << 20;
constexpr size_t chunk = size_t{4} << 20;

size_t round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

void Unmap::operator()(void* memory) const { std::free(memory); }

Buffer allocate(size_t bytes) {
  const size_t alignment = bytes >= huge_page ? huge_page : cache_line;
  const size_t size = round_up(std::max<size_t>(bytes, 1), alignment);
  void* memory = std::aligned_alloc(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  if (alignment == huge_page) madvise(memory, size, MADV_HUGEPAGE);
  std::memset(memory, 0, size);
  return Buffer(static_cast<std::byte*>(memory));
}

Scratch::Scratch() = default;
Scratch::~Scratch() = default;

std::byte* Scratch::take(size_t bytes) {
  if (bytes > size_) {
    memory_ = allocate(bytes);
    size_ = bytes;
  }
  return memory_.get();
}

void* Arena::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const size_t size = round_up(bytes, cache_line);
  if (used_ + size > size_) {
    size_ = std::max(chunk, size);
    used_ = 0;
    chunks_.push_back(allocate(size_));
    total_ += size_;
  }
  std::byte* memory = chunks_.back().get() + used_;
  used_ += size;
  return memory;
}

size_t padded_stride(size_t columns, size_t size) {
  const size_t bytes = round_up(columns * size, cache_line);
  return (bytes / cache_line % 2 == 0 ? bytes + cache_line : bytes) / size;
}

}  // namespace evax::engine
