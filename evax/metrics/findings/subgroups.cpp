#include "evax/metrics/findings/subgroups.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <set>

#include "evax/core/error.h"
#include "evax/core/text.h"

namespace evax::metrics {
namespace {

constexpr size_t most_groups = 100;
constexpr size_t most_single_numbers = 10;
constexpr double no_number = std::numeric_limits<double>::infinity();

// Groups in order: numbers (or bands by their start) before words, by value.
using Groups = std::map<std::pair<double, std::string>, std::vector<uint32_t>>;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// In years, of an age as DICOM writes it (PS3.5, value representation AS): "058Y", "010M", "003W",
// "021D".
std::optional<double> dicom_age(std::string_view text) {
  constexpr size_t digits = 3;
  if (text.size() != digits + 1 || text.find_first_not_of("0123456789") != digits)
    return std::nullopt;
  const auto count = number(text.substr(0, digits));
  switch (text[digits]) {
    case 'Y': return count;
    case 'M': return *count / 12;
    case 'W': return *count * 7 / 365.25;
    case 'D': return *count / 365.25;
    default: return std::nullopt;
  }
}

std::optional<double> number_or_age(std::string_view text) {
  const auto age = dicom_age(text);
  return age ? age : number(text);
}

struct Column {
  std::string name;
  const std::vector<std::string>* values;
  std::vector<double> edges;  // empty: not said
};

std::vector<double> parse_edges(const std::string& specification, std::string_view text) {
  std::vector<double> edges;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    const auto edge = number(trim(text.substr(0, comma)));
    if (!edge || (!edges.empty() && *edge <= edges.back()))
      fail("subgroups \"{}\": expected rising numbers after the colon, as in age:0,18,40",
           specification);
    edges.push_back(*edge);
    if (comma == text.size()) return edges;
    text.remove_prefix(comma + 1);
  }
}

Column find_column(const Predictions& predictions, const std::string& specification) {
  const auto& meta = predictions.meta;
  if (const auto found = meta.find(specification); found != meta.end())
    return {specification, &found->second, {}};
  const size_t colon = specification.rfind(':');
  const std::string name = specification.substr(0, colon);
  const auto found = meta.find(name);
  if (found == meta.end())
    fail("subgroups: expected a column of the list ({}), found \"{}\"",
         meta.empty() ? "it has none" : fmt::format("{}", fmt::join(std::views::keys(meta), ", ")),
         name);
  return {name, &found->second,
          parse_edges(specification, std::string_view(specification).substr(colon + 1))};
}

bool is_unknown(std::string_view value) {
  return field_value(value).empty() || lower_case(value) == "unknown";
}

bool wants_bands(const std::vector<std::string>& values) {
  std::set<double> distinct;
  for (const std::string& text : values) {
    const std::string_view value = trim(text);
    if (is_unknown(value)) continue;
    const auto parsed = number_or_age(value);
    if (!parsed) return false;
    distinct.insert(*parsed);
  }
  return distinct.size() > most_single_numbers;
}

// "18-39" where both edges are whole, otherwise "[0.5, 1.5)".
std::string band_name(double low, double high) {
  if (low != std::floor(low) || high != std::floor(high)) return fmt::format("[{}, {})", low, high);
  return high - low == 1 ? fmt::format("{}", low) : fmt::format("{}-{}", low, high - 1);
}

// The key of the band that holds a value: where it starts, and its name.
std::pair<double, std::string> band_of(double value, const std::vector<double>& edges) {
  const auto above = std::upper_bound(edges.begin(), edges.end(), value);
  if (above == edges.begin()) return {-no_number, fmt::format("<{}", edges.front())};
  const double low = *(above - 1);
  return {low, above == edges.end() ? fmt::format("{}+", low) : band_name(low, *above)};
}

}  // namespace

std::vector<Subgroup> subgroups(const Predictions& predictions, const std::string& specification) {
  Column column = find_column(predictions, specification);
  if (column.edges.empty() && wants_bands(*column.values)) column.edges = {0, 18, 40, 60, 80};

  Groups groups;
  std::vector<uint32_t> unknown;
  for (uint32_t row = 0; row < column.values->size(); ++row) {
    const std::string_view value = trim((*column.values)[row]);
    if (is_unknown(value)) {
      unknown.push_back(row);
      continue;
    }
    const auto parsed = number_or_age(value);
    if (!column.edges.empty() && !parsed)
      fail("{}: {}: expected a number, found \"{}\"", predictions.paths[row], column.name, value);
    groups[column.edges.empty() ? std::pair(parsed.value_or(no_number), std::string(value))
                                : band_of(*parsed, column.edges)]
        .push_back(row);
    if (groups.size() > most_groups)
      fail("subgroups: {}: expected at most {} different values, found more", column.name,
           most_groups);
  }
  std::vector<Subgroup> result;
  for (auto& [key, rows] : groups) result.push_back({column.name, key.second, std::move(rows)});
  if (!unknown.empty()) result.push_back({column.name, "unknown", std::move(unknown)});
  return result;
}

}  // namespace evax::metrics
