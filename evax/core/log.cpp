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
std::function<void(std::string_view)> sink;  // empty: stderr
bool bar_on_screen = false;                  // a drawn bar is wiped before another line is written

void wipe_bar() {
  if (bar_on_screen) std::fputs("\r\x1b[K", stderr);
  bar_on_screen = false;
}

void write_line(const std::string& line) {
  const std::lock_guard lock(stderr_mutex);
  if (sink) return sink(line);
  wipe_bar();
  std::fputs((line + "\n").c_str(), stderr);
}

}  // namespace

void note(std::string_view line) { write_line(printable(line)); }
void warn(std::string_view line) { write_line("warning: " + printable(line)); }

void set_log_sink(std::function<void(std::string_view line)> its_sink) {
  const std::lock_guard lock(stderr_mutex);
  sink = std::move(its_sink);
}

std::string duration(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  const auto hours = whole / 3600;
  const auto minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

struct Progress::State {
  std::string what;
  size_t total;
  Clock::duration interval;
  bool terminal;
  std::mutex mutex{};
  size_t done = 0;
  std::string status{};
  Clock::time_point start = Clock::now();
  Clock::time_point shown = start;

  void show(Clock::time_point now) {
    shown = now;
    const double seconds = std::chrono::duration<double>(now - start).count();
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    std::string figures = fmt::format("{:.1f}/s", rate);
    if (rate > 0 && done < total)
      figures += ", " + duration(static_cast<double>(total - done) / rate) + " left";
    if (!status.empty()) figures += ", " + status;
    if (!terminal) return note(fmt::format("{}: {} of {}, {}", what, done, total, figures));
    constexpr size_t width = 30;
    const size_t filled = total == 0 ? width : width * done / total;
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    const std::lock_guard lock(stderr_mutex);
    if (sink) return;
    std::fputs(fmt::format("\r{} [{}] {}/{} {}\x1b[K", what, bar, done, total, figures).c_str(),
               stderr);
    bar_on_screen = true;
  }
};

Progress::Progress(std::string_view what, size_t total, double interval)
    : state_(new State{
          printable(what), total,
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(interval)),
          ::isatty(STDERR_FILENO) == 1}) {
  if (state_->terminal) state_->interval = std::chrono::milliseconds(100);
}

Progress::~Progress() {
  const std::lock_guard lock(stderr_mutex);
  wipe_bar();
}

void Progress::advance(size_t count, std::string_view status) {
  const std::lock_guard lock(state_->mutex);
  state_->done += count;
  if (!status.empty()) state_->status = printable(status);
  const auto now = Clock::now();
  if (now - state_->shown >= state_->interval) state_->show(now);
}

}  // namespace evax
