#include "evax/core/csv.h"

#include <algorithm>
#include <charconv>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/core/utf8.h"

namespace evax {
namespace {

constexpr size_t max_fields = 10'000;

}  // namespace

std::string csv_field(std::string_view bytes) {
  const std::string text = to_utf8(bytes);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (skip_line_break()) {  // blank lines
  }
  if (at_ == text_.size()) return false;
  line_ = next_line_;

  for (size_t count = 0;; ++at_) {
    if (count == max_fields) fail("{} line {}: expected at most {} fields", name_, line_, count);
    if (fields.size() == count) fields.emplace_back();
    read_field(fields[count++]);
    if (at_ < text_.size() && text_[at_] == ',') continue;
    fields.resize(count);
    break;
  }
  skip_line_break();
  return true;
}

bool CsvReader::skip_line_break() {
  const size_t length = line_break_at(text_.substr(at_));
  at_ += length;
  next_line_ += length > 0 ? 1 : 0;
  return length > 0;
}

// Ends at the comma, line break or end of text behind the field.
void CsvReader::read_field(std::string& field) {
  field.clear();
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(field);
  const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
  field.assign(text_.substr(at_, end - at_));
  at_ = end;
}

void CsvReader::read_quoted(std::string& field) {
  for (++at_;; ++at_) {
    const size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos)
      fail("{} line {}: expected a closing quote, found the end of the file", name_, line_);
    const std::string_view quoted = text_.substr(at_, quote - at_);
    field.append(quoted);
    for (size_t i = 0; (i = quoted.find_first_of("\r\n", i)) != std::string_view::npos;
         ++next_line_)
      i += line_break_at(quoted.substr(i));
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    field += '"';
  }
  const std::string_view rest = text_.substr(at_);
  if (!rest.empty() && rest[0] != ',' && line_break_at(rest) == 0)
    fail("{} line {}: expected a comma or the line's end after a quoted field, found '{}'", name_,
         line_, rest[0]);
}

CsvTable::CsvTable(std::string path)
    : path_(std::move(path)), text_(read_text(path_)), reader_(text_, path_) {
  if (!reader_.next(columns_)) fail("{}: expected a line of column names, found nothing", path_);
  for (std::string& column : columns_) column = std::string(trim(column));
  while (columns_.size() > 1 && columns_.back().empty()) columns_.pop_back();
  constexpr std::pair<char, const char*> others[] = {{';', "semicolons"}, {'\t', "tabs"}};
  for (const auto& [mark, name] : others)
    if (columns_.size() == 1 && columns_[0].find(mark) != std::string::npos)
      fail("{}: expected commas between the columns, found {}", path_, name);
}

std::optional<size_t> CsvTable::find(std::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<size_t>(found - columns_.begin());
}

size_t CsvTable::column(std::string_view name) const {
  if (const auto found = find(name)) return *found;
  fail("{}: expected a column '{}', found {}", path_, name, fmt::join(columns_, ", "));
}

bool CsvTable::next() {
  do {
    if (!reader_.next(fields_)) return false;
  } while (std::all_of(fields_.begin(), fields_.end(),
                       [](const std::string& field) { return trim(field).empty(); }));
  while (fields_.size() > columns_.size() && trim(fields_.back()).empty()) fields_.pop_back();
  if (fields_.size() != columns_.size())
    fail("{} line {}: expected {} fields as in the first line, found {}", path_, line(),
         columns_.size(), fields_.size());
  return true;
}

uint64_t CsvTable::number(size_t column) const {
  const std::string& text = fields_[column];
  uint64_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last)
    fail("{} line {}: expected a number in column '{}', found '{}'", path_, line(),
         columns_[column], text);
  return number;
}

void CsvTable::rewind() {
  reader_ = CsvReader(text_, path_);
  reader_.next(fields_);
}

}  // namespace evax
