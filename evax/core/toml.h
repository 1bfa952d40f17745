#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evax {

/// Which numbers a key may have: low to high, both included; `above` leaves low out.
struct Range {
  double low = std::numeric_limits<double>::lowest();
  double high = std::numeric_limits<double>::max();
  bool above = false;
};

/// A table of a TOML document (toml.io, version 1.0) whose every key must be asked for: what is
/// left over is unknown and refused by finish(). It remembers the keys in the order they were asked
/// for, with the value they ended up with, so that the same code that reads a recipe also writes
/// it.
///
/// Errors name the file and line (or the override), the key, what was expected and what was found.
class TomlTable {
 public:
  /// An empty document: every key keeps its default.
  TomlTable();
  /// `name` is the name of the text in errors. Each override "section.key=value" replaces one
  /// value; its right side is TOML, and if it is not, a string ("run.device=cuda:1").
  static TomlTable parse(std::string_view text, const std::string& name,
                         const std::vector<std::string>& overrides = {});
  static TomlTable read_file(const std::string& path,
                             const std::vector<std::string>& overrides = {});
  ~TomlTable();
  TomlTable(TomlTable&&) noexcept;
  TomlTable& operator=(TomlTable&&) noexcept;

  /// "FILE: data.split", for errors about several keys.
  std::string name() const;
  bool has(const std::string& key) const;
  /// The keys of this table in the document's order, those that overrides added last.
  std::vector<std::string> keys() const;

  /// Replaces `value`, which holds the default, by what the document says.
  void read(const std::string& key, bool& value);
  void read(const std::string& key, int& value, Range range = {});
  void read(const std::string& key, int64_t& value, Range range = {});
  void read(const std::string& key, uint64_t& value);  // TOML's numbers end at 2^63 - 1
  void read(const std::string& key, double& value, Range range = {});
  /// A list of numbers; [n] is also written n.
  void read(const std::string& key, std::vector<int64_t>& value, Range range = {});
  void read(const std::string& key, std::vector<double>& value, Range range = {});
  void read(const std::string& key, std::string& value);
  void read(const std::string& key, std::vector<std::string>& value);
  /// One of `choices`.
  void read(const std::string& key, std::string& value, const std::vector<std::string>& choices);
  /// The table of this name inside this one; an empty one where the document has none.
  TomlTable& table(const std::string& key);

  /// "FILE line 3: optim.lr: expected EXPECTED, found 7", as the readers above say it.
  [[noreturn]] void refuse(const std::string& key, std::string_view expected) const;
  /// Throws Error naming the first key of this table and those inside it that nobody asked for, and
  /// the valid key whose spelling is nearest.
  void finish() const;

  /// Every key that was asked for: its full name and its value as TOML.
  std::vector<std::pair<std::string, std::string>> entries() const;
  /// The same as a TOML document.
  std::string text() const;

 private:
  struct State;
  explicit TomlTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace evax
