#pragma once

#include <optional>

#include "evax/tasks/run_model.h"

namespace evax::tasks {

struct SegmentOptions : RunOptions {
  std::string folder;               // for what docs/segmentation.md lists
  std::optional<double> threshold;  // of every class; the model file's
};

/// `evax segment`: what a model marks on every image: masks, overlay, JSON and of DICOM files a
/// DICOM Segmentation object. What cannot be read is reported and counted. Returns the exit code.
int segment(const SegmentOptions& options);

}  // namespace evax::tasks
