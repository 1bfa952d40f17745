#pragma once

#include <cstddef>
#include <string>

namespace evax::tasks {

/// How a verb over many files went; bad files are reported as they are met and the rest is done.
struct Outcome {
  size_t done = 0;
  size_t failed = 0;

  /// Counts an input: done where there is no error (attempt), else as report() does.
  void count(const std::string& error);
  /// Counts a failed input and says why on stderr.
  void report(const std::string& reason);
  /// 0: all done; 3: some inputs failed and the rest was written; 1: nothing was done.
  int exit_code() const;
};

}  // namespace evax::tasks
