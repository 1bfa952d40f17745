#include "evax/core/toml_node.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "evax/core/error.h"

namespace evax::toml_node {
namespace {

// Each dot of a key may open a table, and the parser takes tables apart by recursion.
constexpr long max_dots_of_line = 200;
constexpr size_t max_shown = 60;
constexpr size_t list_width = 90;

void check_text(std::string_view text, const std::string& name) {
  if (text.size() > max_size)
    fail("{}: expected at most {} bytes of TOML, found {}", name, max_size, text.size());
  size_t number = 1;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto dots = std::count(line.begin(), line.end(), '.');
    if (dots > max_dots_of_line)
      fail("{} line {}: expected at most {} dots, found {}", name, number, max_dots_of_line, dots);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
  }
}

// ---- What a value must be ----

std::string described(const Range& range, bool whole) {
  const std::string number = whole ? "a whole number" : "a number";
  const bool low = range.low > std::numeric_limits<int>::min();
  const bool high = range.high < std::numeric_limits<int>::max();
  if (range.above && high)
    return fmt::format("{} above {}, at most {}", number, range.low, range.high);
  if (range.above) return fmt::format("{} above {}", number, range.low);
  if (low && high) return fmt::format("{} between {} and {}", number, range.low, range.high);
  if (low) return fmt::format("{} of at least {}", number, range.low);
  if (high) return fmt::format("{} of at most {}", number, range.high);
  return number;
}

bool holds(const Range& range, double value) {
  return std::isfinite(value) && value <= range.high &&
         (range.above ? value > range.low : value >= range.low);
}

template <typename T>
std::string take_list(const toml::node& node, std::vector<T>& value, const Range& range) {
  if (!node.is_array()) return "a list in brackets";
  std::vector<T> taken;
  for (const toml::node& element : *node.as_array()) {
    T one{};
    if (const std::string expected = take(element, one, range); !expected.empty())
      return fmt::format("a list in which each is {} (one is {})", expected, shown(element));
    taken.push_back(std::move(one));
  }
  value = std::move(taken);
  return {};
}

// ---- Values as TOML ----

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

/// A long list takes several lines.
template <typename T>
std::string list(const std::vector<T>& values) {
  std::string out = "[";
  size_t width = 0;
  for (const T& value : values) {
    const std::string text = toml_of(value);
    if (width > 0) {
      const bool wraps = width + text.size() > list_width;
      out += wraps ? ",\n  " : ", ";
      if (wraps) width = 0;
    }
    out += text;
    width += text.size() + 2;
  }
  return out + "]";
}

// ---- Overrides ----

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

/// The right side: TOML where it is, a text where it is a bare word, a path or a date.
toml::table parse_value(const std::string& value, const std::string& override) {
  std::string error;
  try {
    check_text(value, override);
    toml::table parsed = toml::parse("value = " + value, override);
    const toml::node* node = parsed.get("value");
    const bool is_date = node->is_date() || node->is_time() || node->is_date_time();
    if (parsed.size() == 1 && !is_date) return parsed;
  } catch (const toml::parse_error& caught) {
    error = caught.description();
  }
  if (!value.empty() && std::string_view("\"'[{").find(value[0]) != std::string_view::npos)
    fail("{}: expected TOML after the equals sign ({})", override, error);
  return parse("value = " + quoted(value), override);
}

}  // namespace

toml::table parse(std::string_view text, const std::string& name) {
  check_text(text, name);
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail("{} line {}: {}", name, error.source().begin.line, error.description());
  }
}

void apply_override(toml::table& root, const std::string& override) {
  const size_t equals = override.find('=');
  const std::string_view path = std::string_view(override).substr(0, equals);
  std::vector<std::string_view> keys;
  for (size_t begin = 0; begin <= path.size(); begin += keys.back().size() + 1)
    keys.push_back(path.substr(begin, path.find('.', begin) - begin));
  if (equals == std::string::npos || keys.size() > max_dots_of_line ||
      !std::all_of(keys.begin(), keys.end(), is_bare_key))
    throw UsageError(fmt::format("expected section.key=value, found '{}'", override));

  toml::table parsed = parse_value(override.substr(equals + 1), override);
  toml::table* table = &root;
  for (size_t i = 0; i + 1 < keys.size(); ++i) {
    table->insert(keys[i], toml::table{});  // does nothing where there is one
    toml::node* inner = table->get(keys[i]);
    if (!inner->is_table())
      fail("{}: expected a table named '{}', found {}", override, keys[i], shown(*inner));
    table = inner->as_table();
  }
  table->insert_or_assign(keys.back(), std::move(*parsed.get("value")));
}

std::string where(const toml::node& node, const std::string& document) {
  const toml::source_region& source = node.source();
  if (!source.path) return document;
  if (*source.path != document) return *source.path;  // an override
  return fmt::format("{} line {}", document, source.begin.line);
}

std::string shown(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return fmt::format("a list of {}", node.as_array()->size());
    case toml::node_type::string: return "'" + printable(node.ref<std::string>(), max_shown) + "'";
    case toml::node_type::integer: return toml_of(node.ref<int64_t>());
    case toml::node_type::floating_point: return toml_of(node.ref<double>());
    case toml::node_type::boolean: return toml_of(node.ref<bool>());
    default: return "a date or time";
  }
}

std::string take(const toml::node& node, bool& value, const Range&) {
  if (!node.is_boolean()) return "true or false";
  value = node.ref<bool>();
  return {};
}
std::string take(const toml::node& node, std::string& value, const Range&) {
  if (!node.is_string()) return "a text";
  value = node.ref<std::string>();
  return {};
}
std::string take(const toml::node& node, int64_t& value, const Range& range) {
  if (!node.is_integer() || !holds(range, static_cast<double>(node.ref<int64_t>())))
    return described(range, true);
  value = node.ref<int64_t>();
  return {};
}
std::string take(const toml::node& node, double& value, const Range& range) {
  const auto number = node.is_number() ? node.value<double>() : std::nullopt;
  if (!number || !holds(range, *number)) return described(range, false);
  value = *number;
  return {};
}
std::string take(const toml::node& node, std::vector<int64_t>& value, const Range& range) {
  if (node.is_array()) return take_list(node, value, range);
  int64_t one = 0;
  const std::string expected = take(node, one, range);
  if (!expected.empty()) return expected + " or a list of them";
  value = {one};
  return {};
}
std::string take(const toml::node& node, std::vector<double>& value, const Range& range) {
  return take_list(node, value, range);
}
std::string take(const toml::node& node, std::vector<std::string>& value, const Range& range) {
  return take_list(node, value, range);
}

std::string toml_of(bool value) { return value ? "true" : "false"; }
std::string toml_of(int64_t value) { return fmt::to_string(value); }
std::string toml_of(double value) {
  const std::string text = fmt::format("{}", value);  // the shortest that reads back as the same
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}
std::string toml_of(const std::string& value) { return quoted(value); }
std::string toml_of(const std::vector<int64_t>& values) {
  return values.size() == 1 ? toml_of(values[0]) : list(values);
}
std::string toml_of(const std::vector<double>& values) { return list(values); }
std::string toml_of(const std::vector<std::string>& values) { return list(values); }

}  // namespace evax::toml_node
