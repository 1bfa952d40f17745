#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace evax {

/// The text with control characters and broken UTF-8 written as \xNN, cut in the middle when longer
/// than `limit` bytes, so that a hostile file name cannot break a log line or a terminal.
std::string printable(std::string_view text, size_t limit = 400);

/// What went wrong with the user's data: file, what was expected, what was found. what() is one
/// printable line of at most 400 characters ("error: " included). Exit code 1.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string_view sentence);
  /// The same with the bytes of names as they are, for a file whose writer escapes them (CSV,
  /// JSON): what() in such a file would be escaped twice.
  const std::string& sentence() const { return sentence_; }

 private:
  std::string sentence_;
};

/// A command line or an option that makes no sense. Exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Throws Error with a formatted sentence: fail("{}: expected {}, found {}", path, ...).
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// In a catch block: why the work on this file failed, in one sentence that names it, its bytes as
/// they are (Error::sentence()); a lack of memory is a reason like any other.
std::string failure_of(std::string_view path);

/// Does the work on one file of many. Empty, or failure_of() it: nothing that one file brings about
/// ends the batch.
template <typename Work>
std::string attempt(std::string_view path, Work&& work) {
  try {
    std::forward<Work>(work)();
  } catch (const std::exception&) {
    return failure_of(path);
  }
  return {};
}

}  // namespace evax
