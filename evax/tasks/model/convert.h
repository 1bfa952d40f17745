#pragma once

#include <string>
#include <vector>

#include "evax/image/read.h"

namespace evax::tasks {

struct ConvertOptions {
  std::vector<std::string> images;  // files, folders, patterns
  std::string output;               // NAME.png for one image, else a folder
  image::ReadOptions reading;
};

/// `evax convert`: any readable image -> 8-bit PNG at full size, windowed. In a folder the names
/// are STEM.png; inputs of equal stem get STEM_2.png, ... Returns the exit code.
int convert(const ConvertOptions& options);

}  // namespace evax::tasks
