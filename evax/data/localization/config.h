#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/core/toml.h"

namespace evax::data {

/// The table [data] of a benchmark of localisation: boxes around findings, and which of their
/// images determine the threshold and which are scored.
struct BoxConfig {
  std::string boxes;     // ChestX-ray14's BBox_List_2017.csv, or columns path, label, x, y, width,
                         // height
  std::string images;    // folder that its paths are relative to; empty: that of `boxes`
  std::string val;       // list of images that determine the threshold; empty: none
  std::string test;      // list of images that are scored; empty: all others
  double val_share = 0;  // split.val: without val, this share of the patients determines it
  uint64_t seed = 0;     // split.seed
  std::vector<std::string> classes;  // which labels are scored; empty: all
  std::optional<int> box_size;       // boxes are in pixels of pictures of this size squared, 0: of
                                     // their own; empty: ChestX-ray14's 1024, else 0
  bool allow_leak = false;
  bool force = false;  // read DICOM files of any modality
  int bits = 0;        // image::ReadOptions::bits
};

/// Reads [data]; a key that is absent keeps its default. Throws Error: file and line, key,
/// expected, found.
BoxConfig read_box_config(TomlTable& table);

}  // namespace evax::data
