#include "evax/metrics/segmentation/image_figures.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/metrics/segmentation/hausdorff.h"

namespace evax::metrics {
namespace {

void check(std::span<const float> probabilities, std::span<const uint8_t> labels, size_t height,
           size_t width, size_t classes) {
  const size_t pixels = height * width;
  if (classes == 0 || classes >= ignored_label)
    fail("segmentation: expected 1 to {} classes, found {}", ignored_label - 1, classes);
  if (labels.size() != pixels || probabilities.size() != classes * pixels)
    fail(
        "segmentation: expected {} labels and {} probabilities for {} classes of {} x {} pixels, "
        "found {} and {}",
        pixels, classes * pixels, classes, width, height, labels.size(), probabilities.size());
  const auto wrong = std::find_if(labels.begin(), labels.end(), [&](uint8_t label) {
    return label > classes && label != ignored_label;
  });
  if (wrong != labels.end())
    fail("segmentation: expected labels from 0 to {}, or {} (ignored), found {}", classes,
         ignored_label, *wrong);
}

std::vector<uint8_t> pixels_of(std::span<const uint8_t> labels, uint8_t class_index) {
  std::vector<uint8_t> mask(labels.size());
  std::transform(labels.begin(), labels.end(), mask.begin(),
                 [=](uint8_t label) { return label == class_index; });
  return mask;
}

void clear_ignored(std::vector<uint8_t>& marked, std::span<const uint8_t> labels) {
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == ignored_label) marked[i] = 0;
}

}  // namespace

ImageFigures judge_image(std::span<const float> probabilities, std::span<const uint8_t> labels,
                         size_t height, size_t width, std::span<const double> thresholds,
                         const PixelSize& size) {
  check(probabilities, labels, height, width, thresholds.size());
  ImageFigures figures;
  figures.counts.resize(1);
  std::vector<uint8_t> background(labels.size(), 1);
  for (size_t c = 0; c < thresholds.size(); ++c) {
    const auto index = static_cast<uint8_t>(c + 1);
    auto marked = mark(probabilities.subspan(c * labels.size(), labels.size()), thresholds[c]);
    clear_ignored(marked, labels);
    for (size_t i = 0; i < marked.size(); ++i) background[i] &= marked[i] ^ 1;
    figures.counts.push_back(count_pixels(marked, labels, index));
    figures.hd95.push_back(hausdorff95(marked, pixels_of(labels, index), height, width, size));
  }
  figures.counts[0] = count_pixels(background, labels, 0);
  return figures;
}

}  // namespace evax::metrics
