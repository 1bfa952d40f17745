#include "evax/core/log.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <mutex>

#include "evax/core/error.h"

namespace evax {
namespace {

using Clock = std::chrono::steady_clock;

std::mutex stderr_mutex;
bool bar_on_screen = false;  // a drawn bar is wiped before another line is written

void wipe_bar() {
  if (bar_on_screen) std::fputs("\r\x1b[K", stderr);
  bar_on_screen = false;
}

void write_line(const std::string& line) {
  const std::lock_guard lock(stderr_mutex);
  wipe_bar();
  std::fputs((line + "\n").c_str(), stderr);
}

}  // namespace

void note(std::string_view line) { write_line(printable(line)); }
void warn(std::string_view line) { write_line("warning: " + printable(line)); }

struct Progress::State {
  std::string what;
  size_t total;
  bool terminal;
  std::mutex mutex;
  size_t done = 0;
  Clock::time_point start = Clock::now();
  Clock::time_point shown = start;

  void show(Clock::time_point now) {
    shown = now;
    const double seconds = std::chrono::duration<double>(now - start).count();
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    if (!terminal) return note(fmt::format("{}: {} of {}, {:.1f}/s", what, done, total, rate));
    constexpr size_t width = 30;
    const size_t filled = total == 0 ? width : width * done / total;
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    const std::lock_guard lock(stderr_mutex);
    std::fputs(fmt::format("\r{} [{}] {}/{} {:.1f}/s\x1b[K", what, bar, done, total, rate).c_str(),
               stderr);
    bar_on_screen = true;
  }
};

Progress::Progress(std::string_view what, size_t total)
    : state_(new State{printable(what), total, ::isatty(STDERR_FILENO) == 1, {}}) {}

Progress::~Progress() {
  const std::lock_guard lock(stderr_mutex);
  wipe_bar();
}

void Progress::advance(size_t count) {
  const std::lock_guard lock(state_->mutex);
  state_->done += count;
  const auto now = Clock::now();
  const auto interval =
      state_->terminal ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  if (now - state_->shown >= interval) state_->show(now);
}

}  // namespace evax
