#include "evax/report/segmentation/predictions_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "evax/core/error.h"
#include "evax/report/findings/predictions_table.h"

namespace evax::report {
namespace {

using metrics::ImageFigures;
using metrics::PixelCounts;
using metrics::Segmentations;

// Of every class, in this order.
constexpr std::array mask_columns{"dice",           "jaccard",      "hd95",   "area_fraction",
                                  "label_fraction", "intersection", "marked", "labelled"};
constexpr size_t at_distance = 2, at_intersection = 5, at_marked = 6, at_labelled = 7;

std::string mask_column(const char* figure, const std::string& class_name) {
  return fmt::format("{}_{}", figure, class_name);
}

std::string text_of(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string fraction(int64_t part, int64_t whole) {
  return whole == 0 ? ""
                    : fmt::format("{}", static_cast<double>(part) / static_cast<double>(whole));
}

// Every pixel that is not ignored has one label.
int64_t pixels_of(const ImageFigures& image) {
  int64_t sum = 0;
  for (const PixelCounts& counts : image.counts) sum += counts.label;
  return sum;
}

std::string header(const Segmentations& all, bool patients) {
  std::string line = "path";
  for (const std::string& name : all.classes)
    for (const char* figure : mask_columns) line += "," + csv_field(mask_column(figure, name));
  return line + (patients ? ",patient\n" : "\n");
}

constexpr std::string_view first_prefix = "dice_";

// The classes, whose columns stand behind `path` in the order of `mask_columns`.
std::vector<std::string> classes_of(const CsvTable& table) {
  check_columns(table);
  const std::vector<std::string>& names = table.columns();
  std::vector<std::string> classes;
  size_t at = 1;
  for (; at < names.size() && names[at].starts_with(first_prefix); at += mask_columns.size()) {
    classes.push_back(names[at].substr(first_prefix.size()));
    for (size_t i = 1; i < mask_columns.size(); ++i)
      if (at + i >= names.size() || names[at + i] != mask_column(mask_columns[i], classes.back()))
        fail("{}: expected a column '{}' in place {}, found {}", table.path(),
             mask_column(mask_columns[i], classes.back()), at + i + 1,
             at + i >= names.size() ? "the end of the line" : "'" + names[at + i] + "'");
  }
  if (classes.empty()) fail("{}: expected columns dice_NAME, ... after 'path'", table.path());
  if (at < names.size() && (at + 1 < names.size() || names[at] != "patient"))
    fail("{}: expected only 'patient' after the classes, found '{}'", table.path(), names[at]);
  return classes;
}

PixelCounts counts_at(const CsvTable& table, size_t first) {
  constexpr uint64_t most = uint64_t{1} << 32;  // pixels of an image; sums of them fit
  const auto count = [&](size_t figure) {
    const uint64_t pixels = table.number(first + figure);
    if (pixels > most)
      fail("{} line {}: {}: expected at most {} pixels, found {}", table.path(), table.line(),
           table.columns()[first + figure], most, pixels);
    return static_cast<int64_t>(pixels);
  };
  const PixelCounts counts{count(at_intersection), count(at_marked), count(at_labelled)};
  if (counts.intersection > std::min(counts.prediction, counts.label))
    fail("{} line {}: {}: expected at most the {} marked and {} labelled pixels, found {}",
         table.path(), table.line(), table.columns()[first + at_intersection], counts.prediction,
         counts.label, counts.intersection);
  return counts;
}

std::optional<double> distance_at(const CsvTable& table, size_t column) {
  if (table[column].empty()) return std::nullopt;
  const std::optional<double> value = number_of(table[column]);
  if (!value || !(*value >= 0 && std::isfinite(*value)))
    fail("{} line {}: {}: expected a distance or nothing, found '{}'", table.path(), table.line(),
         table.columns()[column], table[column]);
  return value;
}

}  // namespace

bool holds_masks(const std::string& predictions_file) {
  const CsvTable table(predictions_file);
  return table.columns().size() > 1 && table.columns()[1].starts_with(first_prefix);
}

Segmentations read_segmentations(const std::string& path) {
  CsvTable table(path);
  Segmentations all;
  all.classes = classes_of(table);
  const std::optional<size_t> patient = table.find("patient");
  while (table.next()) {
    all.paths.push_back(table[0]);
    if (patient) all.patients.push_back(table[*patient]);
    ImageFigures& image = all.images.emplace_back();
    image.counts.emplace_back();
    for (size_t c = 0; c < all.classes.size(); ++c) {
      const size_t first = 1 + c * mask_columns.size();
      image.counts.push_back(counts_at(table, first));
      image.hd95.push_back(distance_at(table, first + at_distance));
    }
  }
  return all;
}

std::string predictions_csv(const Segmentations& all) {
  const bool patients = std::any_of(all.patients.begin(), all.patients.end(),
                                    [](const std::string& patient) { return !patient.empty(); });
  std::string text = header(all, patients);
  for (size_t i = 0; i < all.images.size(); ++i) {
    const ImageFigures& image = all.images[i];
    const int64_t pixels = pixels_of(image);
    text += csv_field(all.paths[i]);
    for (size_t c = 0; c < all.classes.size(); ++c) {
      const PixelCounts& counts = image.counts[c + 1];
      text += fmt::format(",{},{},{},{},{},{},{},{}", text_of(dice(counts)),
                          text_of(jaccard(counts)), text_of(image.hd95[c]),
                          fraction(counts.prediction, pixels), fraction(counts.label, pixels),
                          counts.intersection, counts.prediction, counts.label);
    }
    if (patients) text += "," + csv_field(all.patients[i]);
    text += '\n';
  }
  return text;
}

}  // namespace evax::report
