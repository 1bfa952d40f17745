#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evax/core/file.h"

namespace evax::tasks {

/// Where a verb's result goes: stdout, or a file that appears only when whole.
class Output {
 public:
  /// An empty path or "-" is stdout.
  explicit Output(const std::string& path);

  void write(std::string_view text);
  /// Makes the file appear; throws Error when stdout could not take everything.
  void commit();

 private:
  std::unique_ptr<AtomicFile> file_;
};

/// Throws Error when the folder is the one that a file of `inputs` lies in, whatever links or
/// spellings lead to it: what is written there could replace what is read.
void refuse_folder_of_inputs(const std::string& folder, const std::vector<std::string>& inputs);

/// The folder of a verb's results, made before the work begins; not left behind empty. An empty
/// path is not a folder. Throws Error when it cannot be made, or holds one of the `inputs`.
class ResultFolder {
 public:
  explicit ResultFolder(const std::string& path, const std::vector<std::string>& inputs = {});
  ~ResultFolder();
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  /// Throws Error where one of these files cannot be written, or is an input of the command.
  void check_writable(std::initializer_list<const char*> names) const;

 private:
  std::string path_;  // links followed
  bool is_new_;
};

}  // namespace evax::tasks
