#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evax/data/segmentation/mask.h"

namespace evax::data {

/// Several annotations of one image: use all of them, or only the last one as the paper's scripts
/// do (spec D.1).
enum class Annotations { together, last };

/// A data set with masks in its publisher's form.
struct AnnotatedSource {
  std::string kind;                // siim | rsna | shenzhen | montgomery | jsrt | v7 | folder
  std::vector<std::string> paths;  // tables and folders, which ones depends on the kind
  Annotations annotations = Annotations::together;
  std::vector<std::string> classes = {"target"};  // folder: of its masks
  std::string tier;                               // v7: of licences, in its manifest; empty: all
  std::string patients;  // a table of them (add_patients); empty: those that the source knows
};

/// One image and how its mask comes to be.
struct AnnotatedImage {
  std::string name;                                    // of the files to write, without extension
  std::string path;                                    // of the image
  std::string patient;                                 // empty: unknown
  std::vector<std::string> meta;                       // a value for each of AnnotatedSet::meta
  std::function<Mask(const image::Image&)> make_mask;  // of the image's size; throws Error
};

/// What a source holds, no image opened yet.
struct AnnotatedSet {
  std::vector<std::string> classes;
  std::vector<std::string> meta;       // names of columns to keep
  std::vector<AnnotatedImage> images;  // sorted by name, which are distinct
  std::vector<std::string> unpaired;   // one sentence each: a mask without image, or the reverse
  size_t negatives = 0;                // images without target, which are left out
};

/// Reads a source's tables and lists its folders. Throws Error: file and line, what was expected,
/// what was found; UsageError for an unknown kind or another number of paths than
///   siim CSV DICOMS: ImageId and run-length code, as the challenge's train-rle.csv
///   rsna CSV DICOMS: patientId and boxes, as the challenge's stage_2_train_labels.csv
///   shenzhen IMAGES MASKS: masks of an image begin with its name's first 13 characters
///   montgomery FOLDER: CXR_png, ManualMask/leftMask and ManualMask/rightMask below it
///   jsrt IMAGES MASKS: SCR's folders "left lung", "right lung" and "heart" below MASKS, as PNG
///   v7 FOLDER [CSV...]: images/ and masks/; the tables tell patients, views and licences
///   folder FOLDER, or folder IMAGES MASKS: images/ and masks/ of equal names
AnnotatedSet read_annotated(const AnnotatedSource& source);

}  // namespace evax::data
