#include "evax/data/fingerprint.h"

#include <fmt/ranges.h>

#include <span>

#include "evax/core/sha256.h"

namespace evax::data {

std::string path_below(const std::string& folder, const std::string& path) {
  const std::string start = folder.empty() || folder.ends_with('/') ? folder : folder + "/";
  return path.starts_with(start) ? path.substr(start.size()) : path;
}

std::string fingerprint(const Dataset& dataset, const std::string& images) {
  std::string lines;
  for (const Sample& sample : dataset.samples) {
    lines += fmt::format("{}\t{}\t{}\t{}", path_below(images, sample.path), sample.patient,
                         sample.label, fmt::join(sample.labels, " "));
    if (!sample.mask.empty()) lines += '\t' + path_below(images, sample.mask);
    lines += '\n';
  }
  return sha256(std::as_bytes(std::span(lines)));
}

}  // namespace evax::data
