#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "evax/core/error.h"

namespace evax::fuzz {

using Input = std::span<const uint8_t>;

/// A reader that takes any bytes: it returns, or the process ends, which is a finding.
struct Target {
  std::string name;  // of its corpus and of its libFuzzer binary, NAME_fuzz
  void (*run)(Input);
};

/// All that are linked into this program.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

inline bool add_target(const char* name, void (*run)(Input)) {
  targets().push_back({name, run});
  return true;
}

/// One input in so many is read as a whole file where a target also reads a part of it alone. The
/// tests of the corpus read all of them; libFuzzer's programs read few, to save time.
inline unsigned whole_file_share = 1;

/// EVAX_FUZZ_TARGET(npy) { ... input ... }
#define EVAX_FUZZ_TARGET(NAME)                                \
  static void fuzz_##NAME(evax::fuzz::Input input);           \
  [[maybe_unused]] static const bool fuzz_##NAME##_is_there = \
      evax::fuzz::add_target(#NAME, fuzz_##NAME);             \
  static void fuzz_##NAME([[maybe_unused]] evax::fuzz::Input input)

/// Error is the right answer to bad input; anything else that is thrown is a finding.
template <typename Read>
void read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

inline std::string_view text_of(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// A folder for readers that want files, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evax-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path() const { return path_.string(); }
  /// Writes a file, in place of the one before, and returns its path.
  std::string write(const std::string& name, std::string_view content) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return path.string();
  }

 private:
  std::filesystem::path path_;
};

/// The parts of an input that a NUL ends; the last one may hold NULs.
class Parts {
 public:
  explicit Parts(Input input) : rest_(input) {}

  std::string_view next() {
    const std::string_view text = text_of(rest_);
    const std::string_view part = text.substr(0, text.find('\0'));
    rest_ = rest_.subspan(std::min(part.size() + 1, rest_.size()));
    return part;
  }
  Input rest() const { return rest_; }

 private:
  Input rest_;
};

/// Decisions taken from the front of the fuzzer's bytes; zeros when they are used up, so that an
/// empty input is the plain case.
class Choices {
 public:
  explicit Choices(Input input) : rest_(input) {}

  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  uint16_t word() {
    const unsigned high = byte();
    return static_cast<uint16_t>(high << 8 | byte());
  }
  /// 0 ... count - 1, of at most 256.
  int below(int count) { return byte() % count; }
  int between(int low, int high) { return low + below(high - low + 1); }
  /// Once in `of` bytes, never for 0.
  bool rarely(int of = 16) { return byte() % of == of - 1; }
  template <typename T>
  T one_of(std::initializer_list<T> all) {
    return all.begin()[below(static_cast<int>(all.size()))];
  }
  /// The next bytes, fewer where they end.
  std::string text(size_t size) { return std::string(text_of(split(size).rest_)); }
  std::string rest() { return text(rest_.size()); }
  /// The next bytes as decisions of their own, so that more of them do not shift the others.
  Choices split(size_t size) {
    const Input front = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(front.size());
    return Choices(front);
  }

 private:
  Input rest_;
};

}  // namespace evax::fuzz
