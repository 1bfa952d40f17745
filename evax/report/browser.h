#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace evax::report {

/// A browser's path, or an empty string.
inline std::string chromium() {
  for (const char* path :
       {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"})
    if (std::filesystem::exists(path)) return path;
  return "";
}

inline bool has_node() { return std::system("node --version >/dev/null 2>&1") == 0; }

}  // namespace evax::report
