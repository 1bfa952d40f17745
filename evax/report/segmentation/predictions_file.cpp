#include "evax/report/segmentation/predictions_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "evax/core/csv.h"

namespace evax::report {
namespace {

using metrics::ImageFigures;
using metrics::PixelCounts;
using metrics::Segmentations;

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
    for (const char* figure : {"dice", "jaccard", "hd95", "area_fraction", "label_fraction"})
      line += "," + csv_field(fmt::format("{}_{}", figure, name));
  return line + (patients ? ",patient\n" : "\n");
}

}  // namespace

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
      text += fmt::format(",{},{},{},{},{}", text_of(dice(counts)), text_of(jaccard(counts)),
                          text_of(image.hd95[c]), fraction(counts.prediction, pixels),
                          fraction(counts.label, pixels));
    }
    if (patients) text += "," + csv_field(all.patients[i]);
    text += '\n';
  }
  return text;
}

}  // namespace evax::report
