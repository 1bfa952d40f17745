#pragma once

// The part of TomlTable that knows toml++: parsing, and values from and to TOML. For toml.cpp
// alone.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evax/core/toml.h"

#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace evax::toml_node {

constexpr size_t max_size = 256 << 10;  // bytes of a document

/// Throws Error naming `name` and the line.
toml::table parse(std::string_view text, const std::string& name);
/// "section.key=value" over what `root` says. Throws Error or UsageError naming the override.
void apply_override(toml::table& root, const std::string& override);

/// "FILE line 3", or the override itself.
std::string where(const toml::node& node, const std::string& document);
/// A value as an error shows it.
std::string shown(const toml::node& node);

/// Each takes a node over into `value`, or says what it expected instead (empty: taken).
std::string take(const toml::node& node, bool& value, const Range&);
std::string take(const toml::node& node, std::string& value, const Range&);
std::string take(const toml::node& node, int64_t& value, const Range& range);
std::string take(const toml::node& node, double& value, const Range& range);
std::string take(const toml::node& node, std::vector<int64_t>& value, const Range& range);
std::string take(const toml::node& node, std::vector<double>& value, const Range& range);
std::string take(const toml::node& node, std::vector<std::string>& value, const Range& range);

/// The value as TOML that reads back as the same.
std::string toml_of(bool value);
std::string toml_of(int64_t value);
std::string toml_of(double value);
std::string toml_of(const std::string& value);
std::string toml_of(const std::vector<int64_t>& values);
std::string toml_of(const std::vector<double>& values);
std::string toml_of(const std::vector<std::string>& values);

}  // namespace evax::toml_node
