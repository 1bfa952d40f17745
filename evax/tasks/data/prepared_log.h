#pragma once

#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace evax::tasks {

/// Which images of a source `evax data prepare` has written, so that a preparation that was killed
/// continues: a line of text with the source's fingerprint, then one for each image.
class PreparedLog {
 public:
  /// Takes over what a preparation of the same source left in the file; of another it is forgotten.
  PreparedLog(std::string path, const std::string& fingerprint);

  /// Whether the mask has a target; empty for an image that was not prepared.
  std::optional<bool> find(const std::string& name) const;
  /// An image and its mask are on the disk. Thread-safe; throws Error when that cannot be written.
  void add(const std::string& name, bool has_target);

 private:
  std::string path_;
  std::map<std::string, bool> has_target_;
  std::ofstream file_;
  std::mutex mutex_;  // guards it
};

}  // namespace evax::tasks
