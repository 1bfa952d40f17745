#include "evax/tasks/output.h"

#include <cstdio>
#include <filesystem>
#include <set>

#include "evax/core/error.h"

namespace evax::tasks {

namespace fs = std::filesystem;

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

void refuse_folder_of_inputs(const std::string& folder, const std::vector<std::string>& inputs) {
  std::set<fs::path> folders;
  std::error_code ignored;
  for (const std::string& input : inputs)
    if (fs::exists(input, ignored)) folders.insert(fs::path(input).parent_path());
  for (const fs::path& of_input : folders) {
    std::error_code not_there;
    if (fs::equivalent(of_input.empty() ? "." : of_input, folder, not_there))
      fail("{}: expected another folder to write into than one that images are read from, found {}",
           folder, of_input.empty() ? "." : of_input.string());
  }
}

ResultFolder::ResultFolder(const std::string& path, const std::vector<std::string>& inputs)
    : path_(path.empty() ? path : write_target(path)), is_new_(!fs::exists(path_)) {
  if (!path_.empty()) refuse_folder_of_inputs(path_, inputs);
  if (!path_.empty()) make_folder(path_);
}

void ResultFolder::check_writable(std::initializer_list<const char*> names) const {
  if (path_.empty()) return;
  for (const char* name : names) evax::check_writable((fs::path(path_) / name).string());
}

ResultFolder::~ResultFolder() {
  std::error_code not_empty;
  if (is_new_) fs::remove(path_, not_empty);
}

}  // namespace evax::tasks
