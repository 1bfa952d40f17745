#include "evax/tasks/output.h"

#include <cstdio>
#include <filesystem>

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

ResultFolder::ResultFolder(std::string path)
    : path_(std::move(path)), is_new_(!std::filesystem::exists(path_)) {
  if (!path_.empty()) make_folder(path_);
}

ResultFolder::~ResultFolder() {
  std::error_code not_empty;
  if (is_new_) std::filesystem::remove(path_, not_empty);
}

}  // namespace evax::tasks
