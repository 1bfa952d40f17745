#include "evax/tasks/data/prepared_log.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/text.h"

namespace evax::tasks {
namespace {

std::string line_of(const std::string& name, bool has_target) {
  return fmt::format("{} {}\n", has_target ? 1 : 0, name);
}

// A line that was cut off when the preparation was killed does not count.
std::map<std::string, bool> read_log(const std::string& path, const std::string& fingerprint) {
  std::map<std::string, bool> images;
  if (!std::filesystem::exists(path)) return images;
  const std::string text = read_text(path);
  const std::string first = fingerprint + "\n";
  if (!text.starts_with(first)) return images;
  std::string_view rest = std::string_view(text).substr(first.size());
  for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with("0 ") || line.starts_with("1 "))
      images[std::string(line.substr(2))] = line[0] == '1';
    rest.remove_prefix(end + 1);
  }
  return images;
}

}  // namespace

PreparedLog::PreparedLog(std::string path, const std::string& fingerprint)
    : path_(std::move(path)), has_target_(read_log(path_, fingerprint)) {
  std::string text = fingerprint + "\n";
  for (const auto& [name, has_target] : has_target_) text += line_of(name, has_target);
  write_file(path_, text);
  file_.open(path_, std::ios::app);
}

std::optional<bool> PreparedLog::find(const std::string& name) const {
  const auto found = has_target_.find(name);
  if (found == has_target_.end()) return std::nullopt;
  return found->second;
}

void PreparedLog::add(const std::string& name, bool has_target) {
  if (name.find('\n') != std::string::npos) return;  // its line would be taken for two
  const std::lock_guard lock(mutex_);
  if (!(file_ << line_of(name, has_target) << std::flush)) fail("{}: cannot write to it", path_);
}

}  // namespace evax::tasks
