#pragma once

#include <fmt/format.h>

#include <memory>
#include <string_view>

namespace evax {

/// Talk goes to stderr, one printable line a call, never torn between threads; results go to
/// stdout.
void note(std::string_view line);
/// The same with "warning: " in front.
void warn(std::string_view line);

/// A bar on a terminal; elsewhere a line every ten seconds. Thread-safe.
class Progress {
 public:
  Progress(std::string_view what, size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(size_t count = 1);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax
