#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "evax/core/json.h"
#include "evax/core/utf8.h"

namespace evax {

/// The same with all keys and texts as to_utf8() has them: names of files may hold any bytes, JSON
/// may not.
template <typename Json>
Json json_in_utf8(const Json& json) {
  if (json.is_string()) return to_utf8(json.template get_ref<const std::string&>());
  if (!json.is_structured()) return json;
  Json copy = json.is_object() ? Json::object() : Json::array();
  for (const auto& [key, value] : json.items())
    if (json.is_array())
      copy.push_back(json_in_utf8(value));
    else if constexpr (std::is_same_v<Json, nlohmann::ordered_json>)
      add_new(copy, to_utf8(key), json_in_utf8(value));
    else
      copy[to_utf8(key)] = json_in_utf8(value);
  return copy;
}

/// JSON as it is written everywhere: valid UTF-8 whatever its texts hold; -1: on one line.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
  return json_in_utf8(json).dump(indent);
}

}  // namespace evax
