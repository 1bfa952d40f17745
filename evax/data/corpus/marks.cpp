#include "evax/data/corpus/marks.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/sha256.h"
#include "evax/core/utf8.h"
#include "evax/data/shards/shard.h"

namespace evax::data {
namespace {

const std::vector<std::string> columns{"pixels", "hash", "values", "sum", "squares"};

std::array<uint64_t, 4> bits_of(const CsvTable& table, size_t column) {
  const std::string& text = table[column];
  std::array<uint64_t, 4> bits{};
  bool whole = text.size() == 64;
  for (size_t i = 0; whole && i < 4; ++i) {
    const char* begin = text.data() + 16 * i;
    const auto [end, error] = std::from_chars(begin, begin + 16, bits[i], 16);
    whole = error == std::errc() && end == begin + 16;
  }
  if (!whole)
    fail("{} line {}: expected 64 hexadecimal digits in column '{}', found '{}'", table.path(),
         table.line(), table.columns()[column], text);
  return bits;
}

bool is_constant(const image::Image& image) {
  for (const uint8_t value : image.pixels)
    if (value != image.pixels[0]) return false;
  return true;
}

std::vector<std::string> fields_of(const image::Image& read, const image::Image& packed) {
  Mark mark;
  const uint64_t weight = packed.channels == 1 ? 3 : 1;
  for (const uint64_t value : packed.pixels) {
    mark.sum += value;
    mark.squares += value * value;
  }
  return {sha256(std::as_bytes(std::span(packed.pixels))),
          is_constant(read) ? "" : hex_of(perceptual_hash(read)),
          fmt::format("{}", weight * packed.pixels.size()), fmt::format("{}", weight * mark.sum),
          fmt::format("{}", weight * mark.squares)};
}

// Index of the owner that a name begins with.
uint32_t owner_of(const std::string& name, std::vector<std::string>& owners) {
  const std::string_view owner = std::string_view(name).substr(0, name.find('/'));
  const auto place = std::find(owners.begin(), owners.end(), owner) - owners.begin();
  if (static_cast<size_t>(place) == owners.size()) owners.emplace_back(owner);
  return static_cast<uint32_t>(place);
}

// The rows of one shard's table, checked against the shard.
void read_table(const std::string& path, const Shard& shard, Marks& all) {
  CsvTable table(path);
  const size_t name = table.column("path");
  const size_t reason = table.column("reason");
  std::vector<size_t> places;
  for (const std::string& column : columns) places.push_back(table.column(column));
  uint32_t record = 0;
  while (table.next()) {
    Mark& mark = all.marks.emplace_back();
    const std::string image = from_utf8(table[name]);
    mark.shard = shard.description().shard;
    mark.owner = owner_of(image, all.owners);
    mark.problem = from_utf8(table[reason]);
    if (!mark.problem.empty()) continue;
    if (record == shard.size() || shard.sample(record).path != image)
      fail("{} line {}: expected the image of record {} of its shard, found {}", path, table.line(),
           record, image);
    mark.record = record++;
    mark.pixels = bits_of(table, places[0]);
    if (!table[places[1]].empty()) mark.hash = bits_of(table, places[1]);
    mark.values = table.number(places[2]);
    mark.sum = table.number(places[3]);
    mark.squares = table.number(places[4]);
  }
  if (record != shard.size())
    fail("{}: expected a row for each of {} records, found {}", path, shard.size(), record);
}

}  // namespace

std::string hex_of(const std::array<uint64_t, 4>& bits) {
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", bits[0], bits[1], bits[2], bits[3]);
}

bool is_missing_file(const std::string& problem) { return problem == "No such file or directory"; }

PackTable mark_table() { return {columns, fields_of}; }

std::string Marks::name(size_t image) const {
  return shards[marks[image].shard]->sample(marks[image].record).path;
}

Marks read_marks(const std::string& folder) {
  Marks all;
  all.shards = open_shards(folder);
  require_all_shards(all.shards, {}, folder);
  for (const auto& shard : all.shards) {
    const std::string name = table_name(shard->description().shard);
    read_table((std::filesystem::path(folder) / name).string(), *shard, all);
  }
  const size_t expected = all.shards[0]->description().samples;
  if (all.marks.size() != expected)
    fail("{}: expected tables of {} images, found {}", folder, expected, all.marks.size());
  return all;
}

}  // namespace evax::data
