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

/// Seconds as people read them: "0:07", "12:30", "3:02:45".
std::string duration(double seconds);

/// A bar on a terminal; elsewhere a line every `interval` seconds: what was done of how much, the
/// rate and the time that is left. Thread-safe.
class Progress {
 public:
  Progress(std::string_view what, size_t total, double interval = 10);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// `status` is shown behind the figures until the next call that has one.
  void advance(size_t count = 1, std::string_view status = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax
