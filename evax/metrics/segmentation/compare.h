#pragma once

#include <string>
#include <vector>

#include "evax/metrics/difference.h"
#include "evax/metrics/segmentation/evaluation.h"

namespace evax::metrics {

/// How the figures of two models that segment differ; defined as in SegmentationFigures. Distances
/// are not compared: each model's are of the images on which it marks anything.
struct MaskDifferences {
  Difference dice, jaccard, dice_per_image;
};

struct MaskClassDifferences : MaskDifferences {
  std::string name;
};

struct MaskComparison : ComparedImages {
  MaskDifferences mean;  // of the figures' means over the classes
  std::vector<MaskClassDifferences> classes;
};

/// Compares two models on the same test set: both are scored on the same draws, of the patients
/// that `a` knows; every p is the bootstrap's. Thresholds and background play no part. Throws
/// Error, with one sentence, unless the classes are the same, the paths too in any order, and as
/// many pixels of each image are labelled as each class; and for vectors whose length does not fit.
MaskComparison compare(const Segmentations& a, const Segmentations& b,
                       const BootstrapOptions& options);

}  // namespace evax::metrics
