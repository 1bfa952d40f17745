#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <string_view>

#include "evax/core/file.h"
#include "evax/core/unfinished_files.h"

// What runs in a signal handler here reads memory and calls the system, nothing else: any lock may
// be held.

namespace evax {
namespace {

std::array<std::atomic<const char*>, 64> unfinished{};

void remove_unfinished() {
  for (auto& slot : unfinished)
    if (const char* name = slot.exchange(nullptr)) ::unlink(name);
}

void end_as_usual(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void remove_and_end(int signal) {
  remove_unfinished();
  end_as_usual(signal);
}

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

// Reads a hexadecimal number at the start of `text` and what follows it, one character, away.
uintptr_t take_number(std::string_view& text) {
  uintptr_t number = 0;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c >= '0' && c <= '9')
      number = number * 16 + static_cast<uintptr_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      number = number * 16 + static_cast<uintptr_t>(c - 'a' + 10);
    else
      break;
  }
  text.remove_prefix(text.empty() ? 0 : 1);
  return number;
}

// Of a line of /proc/self/maps: the file, where the mapping holds the address.
std::string_view mapped_file(std::string_view line, uintptr_t address) {
  const uintptr_t begin = take_number(line);
  const uintptr_t end = take_number(line);
  const size_t path = line.find('/');
  return address < begin || address >= end || path == std::string_view::npos ? std::string_view()
                                                                             : line.substr(path);
}

// Says which mapped file the address lies in; whether there is one.
bool name_mapped_file(uintptr_t address) {
  static std::array<char, 1 << 13> buffer;  // a path and what is before it
  const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t filled = 0;
  while (maps >= 0) {
    const ssize_t count = ::read(maps, buffer.data() + filled, buffer.size() - filled);
    if (count <= 0) break;
    filled += static_cast<size_t>(count);
    std::string_view text(buffer.data(), filled);
    for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      if (const auto file = mapped_file(text.substr(0, end), address); !file.empty()) {
        say("error: ");
        say(file);
        say(": the file became shorter while it was read\n");
        return true;
      }
      text.remove_prefix(end + 1);
    }
    filled = text.size();
    for (size_t i = 0; i < filled; ++i) buffer[i] = text[i];
  }
  return false;
}

// A page behind the end of a mapped file. Nothing can go on with half a file, and unwinding from a
// fault is not defined: the process says why and ends.
void end_on_shrunk_file(int signal, siginfo_t* info, void*) {
  remove_unfinished();
  if (info->si_code == BUS_ADRERR && name_mapped_file(reinterpret_cast<uintptr_t>(info->si_addr)))
    ::_exit(1);
  end_as_usual(signal);
}

}  // namespace

void remember_unfinished(const char* name) {
  for (auto& slot : unfinished) {
    const char* none = nullptr;
    if (slot.compare_exchange_strong(none, name)) return;
  }
}

void forget_unfinished(const char* name) {
  for (auto& slot : unfinished) {
    const char* expected = name;
    if (slot.compare_exchange_strong(expected, nullptr)) return;
  }
}

void handle_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, remove_and_end);
  struct sigaction fault {};
  fault.sa_sigaction = end_on_shrunk_file;
  fault.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &fault, nullptr);
}

}  // namespace evax
