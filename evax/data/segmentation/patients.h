#pragma once

#include <string>
#include <vector>

#include "evax/data/segmentation/annotated.h"

namespace evax::data {

/// Takes the patients of images from a CSV file with the columns `image` (or file, filename, path:
/// a name, with or without folders and extension) and `patient` (or patientid). They win over those
/// that the source knows; images that it does not name keep theirs. Throws Error naming the file
/// and line for an image of two patients, and when no image is in it.
void add_patients(const std::string& table, std::vector<AnnotatedImage>& images);

}  // namespace evax::data
