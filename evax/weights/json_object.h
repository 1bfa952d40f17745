#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/json.h"

namespace evax::weights {

/// What is written keeps its order; what is read comes from parse_json().
using Json = nlohmann::ordered_json;
using ReadJson = nlohmann::json;

/// An enumerator and its word in JSON.
template <typename Enum>
struct Word {
  Enum value;
  std::string_view name;
};

template <typename Enum, size_t n>
std::string word_for(Enum value, const Word<Enum> (&words)[n]) {
  for (const auto& word : words)
    if (word.value == value) return std::string(word.name);
  throw std::logic_error("an enumerator without a name");
}

template <typename Enum, size_t n>
Enum value_of(std::string_view name, const Word<Enum> (&words)[n], const std::string& where) {
  std::vector<std::string_view> known;
  for (const auto& word : words) {
    if (word.name == name) return word.value;
    known.push_back(word.name);
  }
  fail("{}: expected one of {}, found '{}'", where, fmt::join(known, ", "), name);
}

/// A JSON object whose every key must be asked for: what is left over is unknown and refused.
class JsonObject {
 public:
  JsonObject(const ReadJson& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) fail("{}: expected an object, found {}", where_, json.type_name());
  }

  const ReadJson* find(const std::string& key) {
    used_.insert(key);
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  const ReadJson& at(const std::string& key) {
    const ReadJson* value = find(key);
    if (value == nullptr) fail("{}: expected the key '{}', found none", where_, key);
    return *value;
  }
  JsonObject object(const std::string& key) { return {at(key), where_of(key)}; }

  int integer(const std::string& key, int low, int high) {
    return integer(at(key), where_of(key), low, high);
  }
  static int integer(const ReadJson& value, const std::string& where, int low, int high) {
    const bool whole = value.is_number_integer();
    const bool small =
        whole && (value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(high)
                                             : value.get<int64_t>() <= high);
    if (!small || value.get<int64_t>() < low)
      fail("{}: expected a whole number between {} and {}, found {}", where, low, high,
           shown(value));
    return value.get<int>();
  }
  static double number(const ReadJson& value, const std::string& where, double low, double high) {
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
      fail("{}: expected a number between {} and {}, found {}", where, low, high, shown(value));
    return value.get<double>();
  }
  bool boolean(const std::string& key) {
    const ReadJson& value = at(key);
    if (!value.is_boolean())
      fail("{}: expected true or false, found {}", where_of(key), shown(value));
    return value.get<bool>();
  }
  std::string text(const std::string& key) { return text(at(key), where_of(key)); }
  static std::string text(const ReadJson& value, const std::string& where) {
    if (!value.is_string()) fail("{}: expected a text, found {}", where, shown(value));
    return value.get<std::string>();
  }
  const ReadJson& array(const std::string& key) {
    const ReadJson& value = at(key);
    if (!value.is_array()) fail("{}: expected a list, found {}", where_of(key), shown(value));
    return value;
  }

  void refuse_others() const {
    for (const auto& item : json_.items())
      if (!used_.contains(item.key())) fail("{}: unknown key '{}'", where_, item.key());
  }
  const ReadJson& json() const { return json_; }
  std::string where_of(const std::string& key) const { return where_ + "." + key; }

 private:
  const ReadJson& json_;
  std::string where_;
  std::set<std::string> used_;
};

}  // namespace evax::weights
