#include "evax/tasks/masks/segmented_image.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/image/mask/overlay.h"
#include "evax/image/write.h"
#include "evax/tasks/file_names.h"

namespace evax::tasks {
namespace {

// STEM_CLASS_mask.png for each class, all different.
std::vector<std::string> mask_paths(const SegmentedImage& segmented, const std::string& stem) {
  if (segmented.classes.size() == 1) return {stem + "_mask.png"};
  std::vector<std::string> paths;
  DistinctNames names;
  for (const inference::MarkedClass& marked : segmented.classes)
    paths.push_back(fmt::format("{}_{}_mask.png", stem, names.of(file_name_of(marked.name))));
  return paths;
}

}  // namespace

void write_masks(const SegmentedImage& segmented, const std::string& stem) {
  const auto paths = mask_paths(segmented, stem);
  for (size_t c = 0; c < paths.size(); ++c) {
    image::Image mask = segmented.classes[c].mask;
    for (uint8_t& value : mask.pixels) value = value == 0 ? 0 : 255;
    image::write_png(paths[c], mask);
  }
}

void write_overlay(const SegmentedImage& segmented, const std::string& stem) {
  std::vector<image::OverlayLayer> layers;
  for (const inference::MarkedClass& marked : segmented.classes)
    layers.push_back({&marked.mask, image::overlay_colour(layers.size())});
  image::write_png(stem + "_overlay.png", draw_overlay(segmented.radiograph.image, layers));
}

void write_json(const SegmentedImage& segmented, const std::string& stem) {
  write_file(stem + ".json", json_text(json_of(segmented)) + "\n");
}

void write_dicom_segmentation(const SegmentedImage& segmented, std::span<const std::byte> bytes,
                              const image::SegmentationAlgorithm& algorithm,
                              const std::string& stem) {
  if (segmented.radiograph.info.format != "DICOM") return;
  std::vector<image::Segment> segments;
  for (const inference::MarkedClass& marked : segmented.classes)
    segments.push_back({marked.name, &marked.mask});
  write_file(stem + "_seg.dcm",
             encode_dicom_segmentation(bytes, segmented.path, segments, algorithm));
}

}  // namespace evax::tasks
