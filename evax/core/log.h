#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string_view>

namespace evax {

/// Log lines go to stderr, one printable line a call, never torn between threads; results go to
/// stdout.
void note(std::string_view line);
/// The same with "warning: " in front.
void warn(std::string_view line);

/// Where log lines go instead: a host program's log. Called by one thread at a time, without a line
/// end; an empty function brings stderr back. Progress bars are not drawn meanwhile.
void set_log_sink(std::function<void(std::string_view line)> sink);

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
