#pragma once

#include <string>
#include <vector>

#include "evax/image/read.h"
#include "evax/weights/model_file.h"

namespace evax::tasks {

/// The image files that a command line means, in the order given: a file is itself (even a missing
/// one: reading it will say so), a folder is every image below it by name, sorted, and a pattern
/// with *, ? or [ is what it matches. DICOM objects below a folder or of a pattern that are not
/// pictures are skipped and counted in one note. Throws Error when a folder holds no image or a
/// pattern matches nothing. No output replaces one of them (protect_input).
std::vector<std::string> collect_images(const std::vector<std::string>& paths);

/// The model file that a command line names; no output replaces it.
weights::ModelFile load_model(const std::string& path);

}  // namespace evax::tasks
