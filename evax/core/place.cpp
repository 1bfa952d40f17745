#include "evax/core/place.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "evax/core/error.h"

namespace evax {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;  // as Linux has it

std::optional<int> number_of(const std::string& name) {
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

Place follow(const std::string& path) {
  std::error_code error;
  const fs::path ours = fs::canonical("/proc/self/fd", error);
  fs::path at = path;
  for (int links = 0; links <= most_links; ++links) {
    const fs::path folder =
        fs::canonical(at.has_parent_path() ? at.parent_path() : fs::path("."), error);
    if (error) return {at.string(), std::nullopt};  // opening it will say why
    const std::string name = at.filename().string();
    if (!ours.empty() && folder == ours)
      if (const auto descriptor = number_of(name)) return {at.string(), descriptor};
    at = folder / name;
    if (!fs::is_symlink(at, error)) return {at.string(), std::nullopt};
    at = folder / fs::read_symlink(at, error);
  }
  fail("{}: {}", path, std::strerror(ELOOP));
}

}  // namespace evax
