#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/core/toml.h"

namespace evax::weights {
struct Preprocess;
}

namespace evax::data {

struct AugmentConfig;  // augment/augment.h

/// A random split by patient, for data sets that come without lists of their own (csv and folder
/// above all). Beside a list for val or test nothing is split, it only names the patient column.
struct SplitConfig {
  std::string patient_column;  // csv, default "patient" where there is one; without: the first 8
                               // digits of an NIH file name
  double val = 0.1;            // share of the patients
  double test = 0.2;
  uint64_t seed = 0;
};

/// The table [data] of a recipe (design.md, Recipe): which X-rays, which labels, how they are
/// split.
struct DataConfig {
  std::string kind;    // cxr14 | chexpert | covidx3 | covidx4 | csv | folder | shards | merged
  std::string images;  // folder that the lists' paths are relative to (empty: that of the list);
                       // the root of `folder`; the folder of `shards` and `merged`
  std::string masks;   // csv: folder that the column `mask` is relative to (empty: images)
  std::string mask_values = "auto";  // auto | index: what 255 is in a mask (MaskValues)
  std::string train, val, test;  // lists, or sub-folders of `images` (folder, shards); empty: none
  std::optional<SplitConfig> split;
  double val_fraction = 0.1;         // of the training patients, where there is no validation list
  std::vector<std::string> classes;  // empty: what the kind or the lists say
  std::vector<std::string> meta;     // csv columns that are not classes
  bool labels = true;                // false: a pre-training, which takes lists without any class
  std::string label_policy = "";     // ones | zeros | ignore | smooth | eva_x | eva_x_smooth;
                                     // empty: the kind's default
  double fraction = 1.0;             // of the training set
  std::string fraction_mode = "honest";  // honest | paper (spec C.5: index modulo)
  bool allow_leak = false;
  bool force = false;                // read DICOM files of any modality
  std::string corrupted = "refuse";  // a damaged shard is an error; skip: its images are left out
  int bits = 0;                      // image::ReadOptions::bits
  bool shuffle = true;               // false keeps list order
  int workers = 2;
};

/// The key `bits`: 0, or 8 to 16.
void read_bits(TomlTable& table, int& bits);

/// The tables [data], [augment] and [preprocess] of a recipe or of a data set's description; a key
/// that is absent keeps its default. Throws Error: file and line, key, expected, found.
DataConfig read_data_config(TomlTable& table, DataConfig defaults = {});
AugmentConfig read_augment_config(TomlTable& table, const AugmentConfig& defaults);
weights::Preprocess read_preprocess(TomlTable& table, const weights::Preprocess& defaults);

}  // namespace evax::data
