#pragma once

#include <string>

#include "evax/data/segmentation/annotated.h"

namespace evax::data {

/// SHA-256 of what decides the masks and pictures of a source: its kind and options, the bytes of
/// its tables, and path and file_fingerprint() of every image and mask in its folders. Throws Error
/// for a path that cannot be read.
std::string fingerprint(const AnnotatedSource& source);

}  // namespace evax::data
