#pragma once

#include <string>

#include "evax/data/dataset.h"

namespace evax::data {

/// SHA-256 of what a data set is: path, patient, labels and mask of every image, in order. Paths
/// count from `images`, the folder that differs from machine to machine.
std::string fingerprint(const Dataset& dataset, const std::string& images);

/// The path without the folder it lies below; as it is where it lies elsewhere.
std::string path_below(const std::string& folder, const std::string& path);

}  // namespace evax::data
