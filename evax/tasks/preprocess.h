#pragma once

#include <string>

namespace evax::tasks {

struct PreprocessOptions {
  std::string model;
  std::string image;
  std::string output;  // x.npy
  bool force = false;  // read DICOM files of any modality
};

/// `evax preprocess`: float32 [3, H, W], exactly what the model sees.
void preprocess(const PreprocessOptions& options);

}  // namespace evax::tasks
