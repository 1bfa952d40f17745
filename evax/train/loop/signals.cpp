#include <atomic>
#include <csignal>

#include "evax/train/loop/trainer.h"

namespace evax::train {
namespace {

std::atomic<bool> requested{false};

// A second signal ends the process as usual.
void request_stop(int signal) {
  if (requested.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

void save_on_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, request_stop);
}

bool stop_requested() { return requested; }

}  // namespace evax::train
