#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace evax {

/// More than any JSON of ours; parsed it takes some 20 times as much memory.
inline constexpr size_t max_json_bytes = size_t{16} << 20;
/// Deep enough for every file we read, and far from where a walk by recursion ends the stack.
inline constexpr size_t max_json_depth = 64;

/// Parses the JSON that other programs, or a hostile hand, may have written: time and memory grow
/// with its size. Throws Error naming `name` when it is larger than `limit` bytes, nested deeper
/// than max_json_depth or not valid. What is written keeps its order in an ordered_json, which is
/// never parsed into: each of its keys is sought among all others.
nlohmann::json parse_json(std::string_view text, const std::string& name,
                          size_t limit = max_json_bytes);
/// The same of a file.
nlohmann::json read_json(const std::string& path, size_t limit = max_json_bytes);

/// Adds a key that the object does not have yet, without seeking it there: for objects with a key
/// for each tensor, class or file. Returns its value.
nlohmann::ordered_json& add_new(nlohmann::ordered_json& object, const std::string& key,
                                const nlohmann::ordered_json& value);

/// A value for an error's sentence: a number or a text itself, shortened, else "array" or "object".
std::string shown(const nlohmann::json& value);

}  // namespace evax
