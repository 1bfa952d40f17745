#include "evax/core/normal_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace evax {
namespace {

namespace fs = std::filesystem;

// The name itself where it is no UTF-8.
std::string in_form(const std::string& name, utf8proc_option_t form) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                                 static_cast<utf8proc_ssize_t>(name.size()), &mapped,
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, std::free);
  if (size < 0) return name;
  return {reinterpret_cast<const char*>(mapped), static_cast<size_t>(size)};
}

}  // namespace

std::string existing_form(const std::string& path) {
  const auto is_ascii = [](unsigned char c) { return c < 0x80; };
  std::error_code ignored;
  if (std::all_of(path.begin(), path.end(), is_ascii) || fs::exists(path, ignored)) return path;
  fs::path found;
  for (const fs::path& part : fs::path(path)) {
    const std::string& name = part.native();
    const std::array forms{name, in_form(name, UTF8PROC_COMPOSE),
                           in_form(name, UTF8PROC_DECOMPOSE)};
    const auto there = std::find_if(forms.begin(), forms.end(), [&](const std::string& form) {
      return fs::exists(found / form, ignored);
    });
    if (there == forms.end()) return path;
    found /= *there;
  }
  return found.string();
}

}  // namespace evax
