#pragma once

#include <string>

#include "evax/data/dataset.h"

namespace evax::data {

/// SHA-256 of what a data set is: path, patient, labels and mask of every image, in order. Paths
/// count from `images`, the folder that differs from machine to machine.
std::string fingerprint(const Dataset& dataset, const std::string& images);

/// SHA-256 of a file's size, first and last 4 KiB, whatever its name and times: a changed picture
/// has another one, a copy the same, at a thousandth of what reading the picture costs. "missing"
/// for what cannot be read or is not a regular file.
std::string file_fingerprint(const std::string& path);

/// The file_fingerprint() of a sample's picture, or in a shard its checksum, and that of its mask.
std::string picture_fingerprint(const Sample& sample);

/// SHA-256 of the fingerprints of a data set's pictures, in order. On all threads.
std::string picture_fingerprint(const Dataset& dataset);

/// The path without the folder it lies below; as it is where it lies elsewhere.
std::string path_below(const std::string& folder, const std::string& path);

}  // namespace evax::data
