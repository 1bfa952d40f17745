#pragma once

#include <string>

#include "evax/image/read.h"

namespace evax::tasks {

struct PreprocessOptions {
  std::string model;
  std::string image;
  std::string output;  // x.npy
  image::ReadOptions reading;
};

/// `evax preprocess`: float32 [3, H, W], exactly what the model sees.
void preprocess(const PreprocessOptions& options);

}  // namespace evax::tasks
