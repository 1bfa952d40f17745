#include "evax/core/csv.h"

#include <algorithm>
#include <charconv>

#include "evax/core/error.h"
#include "evax/core/text.h"

namespace evax {
namespace {

constexpr size_t max_fields = 10'000;

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'))  // blank lines
    if (text_[at_++] == '\n') ++next_line_;
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
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size()) ++at_;  // '\n'
  ++next_line_;
  return true;
}

// Ends at the comma, line break or end of text behind the field.
void CsvReader::read_field(std::string& field) {
  field.clear();
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(field);
  size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
  if (end > at_ && text_[end - 1] == '\r' && (end == text_.size() || text_[end] == '\n')) --end;
  field.assign(text_.substr(at_, end - at_));
  at_ = end;
}

void CsvReader::read_quoted(std::string& field) {
  for (++at_;; ++at_) {
    const size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos)
      fail("{} line {}: expected a closing quote, found the end of the file", name_, line_);
    field.append(text_.substr(at_, quote - at_));
    next_line_ +=
        static_cast<size_t>(std::count(text_.begin() + static_cast<ptrdiff_t>(at_),
                                       text_.begin() + static_cast<ptrdiff_t>(quote), '\n'));
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    field += '"';
  }
  const std::string_view rest = text_.substr(at_);
  const bool ends =
      rest.empty() || rest[0] == ',' || rest[0] == '\n' || rest == "\r" || rest.starts_with("\r\n");
  if (!ends)
    fail("{} line {}: expected a comma or the line's end after a quoted field, found '{}'", name_,
         line_, rest[0]);
}

CsvTable::CsvTable(std::string path)
    : path_(std::move(path)), text_(read_text(path_)), reader_(text_, path_) {
  if (!reader_.next(columns_)) fail("{}: expected a line of column names, found nothing", path_);
  for (std::string& column : columns_) column = std::string(trim(column));
  while (columns_.size() > 1 && columns_.back().empty()) columns_.pop_back();
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
  if (!reader_.next(fields_)) return false;
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
