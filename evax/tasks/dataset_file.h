#pragma once

#include <string>
#include <vector>

#include "evax/data/augment/augment.h"
#include "evax/data/config.h"

namespace evax::tasks {

/// The tables of a TOML file that describe a data set; a recipe is such a file too, its other
/// tables are passed over.
struct DatasetFile {
  data::DataConfig data;
  data::AugmentConfig augment;
  weights::Preprocess preprocess;
};

/// `overrides` are "data.images=/elsewhere". Throws Error: file and line, key, expected, found.
DatasetFile read_dataset_file(const std::string& path, const std::vector<std::string>& overrides);

}  // namespace evax::tasks
