#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "evax/image/dicom/segmentation/segmentation.h"
#include "evax/image/image.h"
#include "evax/inference/segmentation.h"

namespace evax::tasks {

/// What a model marked on an X-ray: all that the files of `evax segment` contain.
struct SegmentedImage {
  std::string path;   // as it was given
  std::string model;  // the model file's name
  image::Radiograph radiograph;
  std::vector<inference::MarkedClass> classes;
};

/// STEM.json (docs/segmentation.md): area, parts with boxes and contours of each class, in mm too
/// where the size of a pixel is known; the cardiothoracic ratio where lungs and heart are among the
/// classes. Holds nothing of a DICOM file's patient.
nlohmann::ordered_json json_of(const SegmentedImage& segmented);

// One function for each file; `stem` is FOLDER/STEM. Throw Error naming the file.

/// STEM_mask.png, or STEM_CLASS_mask.png for each of several classes: 0 and 255. What a file name
/// should not hold is written as _; names that become equal are numbered.
void write_masks(const SegmentedImage& segmented, const std::string& stem);
/// STEM_overlay.png.
void write_overlay(const SegmentedImage& segmented, const std::string& stem);
/// STEM.json.
void write_json(const SegmentedImage& segmented, const std::string& stem);
/// STEM_seg.dcm, a DICOM Segmentation object; nothing where the X-ray, whose file `bytes` are, is
/// not a DICOM file.
void write_dicom_segmentation(const SegmentedImage& segmented, std::span<const std::byte> bytes,
                              const image::SegmentationAlgorithm& algorithm,
                              const std::string& stem);

}  // namespace evax::tasks
