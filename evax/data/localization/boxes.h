#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/data/localization/config.h"

namespace evax::data {

/// An upright rectangle as a person drew it, in pixels: its top left corner and its extent.
struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A finding that someone drew a box around.
struct BoxedFinding {
  std::string path;     // the image's file
  std::string name;     // of it, as the list has it
  std::string patient;  // empty: unknown
  int label = 0;        // the class
  Rectangle box;        // not checked: it may be empty or lie beside the image
  size_t line = 0;      // of the list
};

/// The boxes of some images, in their list's order.
struct BoxList {
  std::vector<std::string> classes;
  std::vector<BoxedFinding> findings;
  std::string source;                                               // the file of the boxes
  image::ReadOptions reading = {.forced_by = "data.force = true"};  // of the images
  int box_size = 0;  // boxes are in pixels of pictures of this size squared; 0: of their own
};

struct BoxSplits {
  BoxList val;                     // determines the threshold; may be empty
  BoxList test;                    // is scored
  std::vector<std::string> notes;  // one sentence each
};

/// Reads the boxes of `config` for a model of these classes and deals them out. A list of images is
/// a CSV file with a column `path` (*.csv, *.csv.gz), else its lines begin with a file name, as
/// ChestX-ray14's do. In ChestX-ray14's boxes "Infiltrate" means the class Infiltration. A missing
/// image is not an error here. Throws Error: list and line, expected, found; a label that is none
/// of `classes`; a patient or an image in both lists (unless config.allow_leak).
BoxSplits load_boxes(const BoxConfig& config, const std::vector<std::string>& classes);

/// All boxes of a file, whatever their labels: these are the list's classes, in the order of their
/// first boxes. Paths are relative to the file's folder. Throws Error as load_boxes.
BoxList read_boxes(const std::string& boxes);

/// The images of a list, each once.
Dataset images_of(const BoxList& list);

/// SHA-256 of path, patient, label and box of every finding, in order; paths count from `images`.
std::string fingerprint(const BoxList& list, const std::string& images);

}  // namespace evax::data
