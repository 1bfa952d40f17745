#include "evax/tasks/output.h"

#include <cstdio>

#include "evax/core/error.h"

namespace evax::tasks {

Output::Output(const std::string& path) {
  if (!path.empty() && path != "-") file_ = std::make_unique<AtomicFile>(path);
}

void Output::write(std::string_view text) {
  if (file_) return file_->write(text);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    fail("standard output: cannot write");
}

void Output::commit() {
  if (file_) return file_->commit();
  if (std::fflush(stdout) != 0) fail("standard output: cannot write");
}

}  // namespace evax::tasks
