#include "evax/core/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/text.h"

namespace evax {
namespace {

/// The deepest nesting of brackets outside texts.
size_t depth_of(std::string_view text) {
  size_t depth = 0;
  size_t deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& name, size_t limit) {
  if (text.size() > limit)
    fail("{}: expected at most {} bytes of JSON, found {}", name, limit, text.size());
  if (depth_of(text) > max_json_depth)
    fail("{}: expected JSON of at most {} levels, found more", name, max_json_depth);
  // The parser takes a zero byte for the end of the text.
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos)
    fail("{}: expected JSON, found a zero byte at byte {}", name, zero);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    fail("{}: expected JSON, found an error in it at byte {}", name, error.byte);
  } catch (const nlohmann::json::exception&) {  // a number beyond a double
    fail("{}: expected JSON, found a number out of range in it", name);
  }
}

nlohmann::json read_json(const std::string& path, size_t limit) {
  return parse_json(read_text(path, limit), path, limit);
}

nlohmann::ordered_json& add_new(nlohmann::ordered_json& object, const std::string& key,
                                const nlohmann::ordered_json& value) {
  auto& members = object.get_ref<nlohmann::ordered_json::object_t&>();
  return members.emplace_back(key, value).second;
}

std::string shown(const nlohmann::json& value) {
  constexpr size_t most = 60;
  return value.is_primitive() ? printable(value.dump(), most) : value.type_name();
}

}  // namespace evax
