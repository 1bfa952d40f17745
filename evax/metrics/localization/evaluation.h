#pragma once

#include <string>
#include <vector>

#include "evax/metrics/findings/evaluation.h"

namespace evax::metrics {

/// How the heat map of a class fits one box of it.
struct LocalizedBox {
  size_t class_index = 0;
  double iou = 0;      // of the pixels above the threshold with the box
  double box_iou = 0;  // of the predicted box with the box; 0 where none is predicted
  bool hit = false;    // the pointing game: the map's peak lies in the box (Zhang et al., "Top-down
                       // neural attention by excitation backprop", IJCV 2018; no tolerance)
};

/// The boxes of a test set, measured at one threshold. n boxes.
struct Localizations {
  std::vector<std::string> classes;
  std::vector<std::string> images;    // [n] the image's path
  std::vector<std::string> patients;  // [n] blank where unknown
  std::vector<LocalizedBox> boxes;    // [n]
};

/// Means over boxes: an image with k boxes counts k times (spec E).
struct LocalizationFigures {
  Figure miou;
  Figure ap25, ap50;     // shares of boxes with an IoU above .25 and .5
  Figure map;            // (AP25 + AP50) / 2
  Figure pointing_game;  // share of hits
  Figure box_miou;       // mean IoU of the predicted boxes
};

struct LocalizationClass {
  std::string name;
  int64_t boxes = 0;
  LocalizationFigures figures;
};

struct LocalizationEvaluation {
  int64_t boxes = 0, images = 0, patients = 0;  // patients: 0 where unknown
  bool by_patient = false;                      // what the bootstrap draws
  LocalizationFigures figures;
  std::vector<LocalizationClass> classes;  // those with a box
};

/// Judges how heat maps find boxes. Intervals are percentiles of a bootstrap over patients, over
/// images where no patient is known, with all their boxes. Throws Error for vectors whose length
/// does not fit.
LocalizationEvaluation evaluate(const Localizations& localizations,
                                const BootstrapOptions& options);

}  // namespace evax::metrics
