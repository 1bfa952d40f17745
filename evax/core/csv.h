#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evax {

/// A field as RFC 4180 writes it: quoted where a comma, quote or line break asks for it; valid
/// UTF-8 (to_utf8) whatever the text holds.
std::string csv_field(std::string_view text);

/// Reads RFC 4180 records one after the other: quoted fields, CRLF, LF or CR, blank lines skipped.
/// The text must outlive it. Throws Error naming `name` and the line.
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  /// The next record, into the strings that are there already; false at the end.
  bool next(std::vector<std::string>& fields);
  /// Where the last record began, from 1.
  size_t line() const { return line_; }

 private:
  bool skip_line_break();
  void read_field(std::string& field);
  void read_quoted(std::string& field);

  std::string_view text_;
  std::string name_;
  size_t at_ = 0;
  size_t line_ = 0;
  size_t next_line_ = 1;
};

/// A CSV file (plain or gzip) whose first record names the columns. Columns at the end without a
/// name are left out with what is blank in them (the NIH's lists have such), and so are rows of
/// blank fields alone (Excel's). Throws Error naming
/// file, line, what was expected and what was found.
class CsvTable {
 public:
  explicit CsvTable(std::string path);
  CsvTable(const CsvTable&) = delete;
  CsvTable& operator=(const CsvTable&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::optional<size_t> find(std::string_view column) const;
  /// The same, an Error where there is no such column.
  size_t column(std::string_view name) const;

  /// Goes to the next row; false at the end. A row has a field for every column.
  bool next();
  const std::string& operator[](size_t column) const { return fields_[column]; }
  /// The field as a whole number of at least 0; an Error where it is none.
  uint64_t number(size_t column) const;
  size_t line() const { return reader_.line(); }
  /// Back to before the first row.
  void rewind();

 private:
  std::string path_;
  std::string text_;
  CsvReader reader_;
  std::vector<std::string> columns_;
  std::vector<std::string> fields_;
};

}  // namespace evax
