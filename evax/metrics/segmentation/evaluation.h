#pragma once

#include <string>

#include "evax/metrics/findings/evaluation.h"
#include "evax/metrics/segmentation/image_figures.h"

namespace evax::metrics {

/// What a model marked on the images of a test set, measured image by image. n images.
struct Segmentations {
  std::vector<std::string> classes;  // without background
  std::vector<double> thresholds;    // [classes]
  std::string distance_unit = "px";  // of hd95; "mm" where every image's pixel size is known
  std::vector<std::string> paths;
  std::vector<std::string> patients;  // [n], blank where unknown; or no vector at all
  std::vector<ImageFigures> images;   // [n]
};

struct SegmentationFigures {
  Figure dice, jaccard;                      // of the pixels of all images together: the paper's
  Figure dice_per_image, jaccard_per_image;  // mean over the images where they are defined
  Figure hd95;                               // mean likewise
};

struct SegmentationClass {
  std::string name;
  double threshold = 0;
  PixelCounts counts;         // of all images
  int64_t with_target = 0;    // images that show the class
  int64_t empty = 0;          // images that do not, and on which nothing is marked
  int64_t with_distance = 0;  // images on which hd95 is defined
  SegmentationFigures figures;
};

struct SegmentationEvaluation {
  int64_t images = 0, patients = 0;  // patients: 0 where unknown
  bool by_patient = false;           // what the bootstrap draws
  std::string distance_unit;
  SegmentationFigures figures;  // mean over the classes where they are defined
  Figure mdice, miou;           // mmsegmentation's mDice and mIoU: background is a class too
  std::vector<SegmentationClass> classes;
  std::vector<std::string> notes;  // one sentence each: a class that is nowhere, ...
};

/// Scores masks (spec D.7). For an image without the class Dice and Jaccard are 0 if anything is
/// marked; else they are 0/0, undefined, and the image is left out of their means (`empty` counts
/// those; scoring them 1, as some challenges do, would raise the mean by the share of healthy
/// images). HD95 is undefined where either mask is empty. Intervals are as those of evaluate().
/// Throws Error for vectors whose length does not fit.
SegmentationEvaluation evaluate(const Segmentations& segmentations,
                                const BootstrapOptions& options);

}  // namespace evax::metrics
