#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/metrics/segmentation/evaluation.h"
#include "evax/report/page_frame.h"

namespace evax::report {

/// An image with what was marked on it and its label.
struct MaskExample {
  std::string class_name;
  std::string rank;  // "best", "median", "worst"
  std::string caption;
  std::optional<double> dice;
  std::string png;  // the bytes of an overlay
};

/// Everything that a segmentation's report.html shows.
struct SegmentationPage : PageFrame {
  metrics::SegmentationEvaluation evaluation;
  std::vector<std::vector<double>> dices;  // of each class: of the images on which it is defined
  std::vector<MaskExample> examples;
};

/// report.html: one self-contained page, written for a radiologist.
std::string segmentation_page(const SegmentationPage& page);

}  // namespace evax::report
