#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <span>

namespace evax::engine::testing {

/// Bytes that end where the process may not read.
class BeforeAbyss {
 public:
  explicit BeforeAbyss(std::span<const std::byte> bytes)
      : pages_((bytes.size() / page + 2) * page) {
    memory_ = static_cast<std::byte*>(
        mmap(nullptr, pages_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::byte* const end = memory_ + pages_ - page;
    mprotect(end, page, PROT_NONE);
    data_ = end - bytes.size();
    std::copy(bytes.begin(), bytes.end(), data_);
  }
  ~BeforeAbyss() { munmap(memory_, pages_); }
  BeforeAbyss(const BeforeAbyss&) = delete;
  BeforeAbyss& operator=(const BeforeAbyss&) = delete;
  std::byte* data() { return data_; }

 private:
  static constexpr size_t page = 4096;
  size_t pages_;
  std::byte *memory_, *data_;
};

}  // namespace evax::engine::testing
