#include "evax/core/toml.h"

#include <algorithm>
#include <deque>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/core/toml_node.h"

namespace evax {
namespace {

constexpr size_t max_compared = 100;  // letters of a key that is spelled wrong

/// Levenshtein's distance.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view last_name(std::string_view key) { return key.substr(key.rfind('.') + 1); }

}  // namespace

struct TomlTable::State {
  struct Entry {
    std::string key;
    std::string text;                  // of a value
    std::unique_ptr<TomlTable> table;  // or a table
  };

  std::shared_ptr<const toml::table> document;
  const toml::table* table = nullptr;  // null: the document has no such table
  std::string name;                    // of the document
  std::string path;                    // of this table: "" or "data.split"
  std::deque<Entry> entries;

  std::string full(std::string_view key) const {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }
  const toml::node* find(std::string_view key) const {
    return table == nullptr ? nullptr : table->get(key);
  }
  Entry& entry(const std::string& key) {
    for (Entry& known : entries)
      if (known.key == key) return known;
    return entries.emplace_back(Entry{key, {}, {}});
  }
  [[noreturn]] void refuse(const std::string& key, std::string_view expected) const {
    const toml::node* node = find(key);
    if (node == nullptr) fail("{}: expected {} = {}, found none", name, full(key), expected);
    fail("{}: {}: expected {}, found {}", toml_node::where(*node, name), full(key), expected,
         toml_node::shown(*node));
  }
  template <typename T>
  void read(const std::string& key, T& value, const Range& range = {}) {
    if (const toml::node* node = find(key))
      if (const auto expected = toml_node::take(*node, value, range); !expected.empty())
        refuse(key, expected);
    entry(key).text = toml_node::toml_of(value);
  }
  void valid_keys(std::vector<std::string>& keys) const {
    for (const Entry& known : entries) {
      keys.push_back(full(known.key));
      if (known.table) known.table->state_->valid_keys(keys);
    }
  }
  /// An unknown key, as its full name and node; of an unknown table its first key.
  std::pair<std::string, const toml::node*> unknown() const {
    if (table == nullptr) return {};
    for (const auto& [key, node] : *table) {
      const auto known =
          std::find_if(entries.begin(), entries.end(),
                       [name = key.str()](const Entry& entry) { return entry.key == name; });
      if (known == entries.end()) return first_in(full(key.str()), &node);
      if (!known->table) continue;
      if (auto inner = known->table->state_->unknown(); inner.second != nullptr) return inner;
    }
    return {};
  }
  static std::pair<std::string, const toml::node*> first_in(std::string key,
                                                            const toml::node* node) {
    while (node->is_table() && !node->as_table()->empty()) {
      const auto first = node->as_table()->begin();
      key.append(".").append(first->first.str());
      node = &first->second;
    }
    return {key, node};
  }
  void collect(std::vector<std::pair<std::string, std::string>>& all) const {
    for (const Entry& known : entries)
      if (!known.table) all.emplace_back(full(known.key), known.text);
    for (const Entry& known : entries)
      if (known.table) known.table->state_->collect(all);
  }
};

TomlTable::TomlTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
TomlTable::TomlTable() : state_(std::make_unique<State>()) { state_->name = "recipe"; }
TomlTable::~TomlTable() = default;
TomlTable::TomlTable(TomlTable&&) noexcept = default;
TomlTable& TomlTable::operator=(TomlTable&&) noexcept = default;

TomlTable TomlTable::parse(std::string_view text, const std::string& name,
                           const std::vector<std::string>& overrides) {
  auto document = std::make_shared<toml::table>(toml_node::parse(text, name));
  for (const std::string& override : overrides) toml_node::apply_override(*document, override);
  auto state = std::make_unique<State>();
  state->table = document.get();
  state->document = std::move(document);
  state->name = name;
  return TomlTable(std::move(state));
}

TomlTable TomlTable::read_file(const std::string& path, const std::vector<std::string>& overrides) {
  return parse(read_text(path, toml_node::max_size), path, overrides);
}

std::string TomlTable::name() const {
  return state_->path.empty() ? state_->name : state_->name + ": " + state_->path;
}
bool TomlTable::has(const std::string& key) const { return state_->find(key) != nullptr; }

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::pair<std::pair<size_t, size_t>, std::string>> placed;  // toml++ sorts by name
  if (state_->table != nullptr)
    for (const auto& entry : *state_->table) {
      const toml::key& key = entry.first;
      const bool written = key.source().path && *key.source().path == state_->name;
      const toml::source_position place = key.source().begin;
      constexpr size_t last = std::numeric_limits<size_t>::max();
      placed.push_back({{written ? place.line : last, place.column}, std::string(key.str())});
    }
  std::sort(placed.begin(), placed.end());
  std::vector<std::string> names;
  for (auto& entry : placed) names.push_back(std::move(entry.second));
  return names;
}

void TomlTable::read(const std::string& key, bool& value) { state_->read(key, value); }
void TomlTable::read(const std::string& key, int64_t& value, Range range) {
  state_->read(key, value, range);
}
void TomlTable::read(const std::string& key, int& value, Range range) {
  range.low = std::max<double>(range.low, std::numeric_limits<int>::min());
  range.high = std::min<double>(range.high, std::numeric_limits<int>::max());
  int64_t wide = value;
  state_->read(key, wide, range);
  value = static_cast<int>(wide);
}
void TomlTable::read(const std::string& key, uint64_t& value) {
  auto narrow = static_cast<int64_t>(value);
  state_->read(key, narrow, {.low = 0});
  value = static_cast<uint64_t>(narrow);
}
void TomlTable::read(const std::string& key, double& value, Range range) {
  state_->read(key, value, range);
}
void TomlTable::read(const std::string& key, std::vector<int64_t>& value, Range range) {
  state_->read(key, value, range);
}
void TomlTable::read(const std::string& key, std::vector<double>& value, Range range) {
  state_->read(key, value, range);
}
void TomlTable::read(const std::string& key, std::string& value) { state_->read(key, value); }
void TomlTable::read(const std::string& key, std::vector<std::string>& value) {
  state_->read(key, value);
}
void TomlTable::read(const std::string& key, std::string& value,
                     const std::vector<std::string>& choices) {
  state_->read(key, value);
  if (std::find(choices.begin(), choices.end(), value) == choices.end())
    refuse(key, fmt::format("one of {}", fmt::join(choices, ", ")));
}

TomlTable& TomlTable::table(const std::string& key) {
  State::Entry& entry = state_->entry(key);
  if (entry.table) return *entry.table;
  auto inner = std::make_unique<State>();
  const toml::node* node = state_->find(key);
  if (node != nullptr && !node->is_table()) refuse(key, "a table");
  inner->document = state_->document;
  inner->table = node == nullptr ? nullptr : node->as_table();
  inner->name = state_->name;
  inner->path = state_->full(key);
  entry.table.reset(new TomlTable(std::move(inner)));
  return *entry.table;
}

void TomlTable::refuse(const std::string& key, std::string_view expected) const {
  state_->refuse(key, expected);
}

void TomlTable::finish() const {
  const auto [key, node] = state_->unknown();
  if (node == nullptr) return;
  std::vector<std::string> valid;
  state_->valid_keys(valid);
  // A key of the right name in the wrong table is one slip, however the table is called.
  const std::string_view wrong = std::string_view(key).substr(0, max_compared);
  const auto slips = [&](const std::string& right) {
    return std::min(edit_distance(wrong, right),
                    edit_distance(last_name(wrong), last_name(right)) + 1);
  };
  const auto nearest = std::min_element(
      valid.begin(), valid.end(),
      [&](const std::string& a, const std::string& b) { return slips(a) < slips(b); });
  const std::string advice =
      nearest == valid.end() ? "" : fmt::format("; the nearest valid key is '{}'", *nearest);
  fail("{}: unknown key '{}'{}", toml_node::where(*node, state_->name),
       printable(key, max_compared), advice);
}

std::vector<std::pair<std::string, std::string>> TomlTable::entries() const {
  std::vector<std::pair<std::string, std::string>> all;
  state_->collect(all);
  return all;
}

std::string TomlTable::text() const {
  std::string out;
  std::string open;
  for (const auto& [key, value] : entries()) {
    const size_t dot = key.rfind('.');
    const std::string table = dot == std::string::npos ? "" : key.substr(0, dot);
    if (table != open) out += fmt::format("\n[{}]\n", table);
    open = table;
    out += fmt::format("{} = {}\n", last_name(key), value);
  }
  return out;
}

}  // namespace evax
