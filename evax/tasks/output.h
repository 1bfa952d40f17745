#pragma once

#include <memory>
#include <string>
#include <string_view>

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

/// The folder of a verb's results, made before the work begins; not left behind empty. An empty
/// path is no folder. Throws Error when it cannot be made.
class ResultFolder {
 public:
  explicit ResultFolder(std::string path);
  ~ResultFolder();
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

 private:
  std::string path_;
  bool is_new_;
};

}  // namespace evax::tasks
