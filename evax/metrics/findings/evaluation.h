#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/metrics/bootstrap.h"
#include "evax/metrics/findings/calibration.h"
#include "evax/metrics/findings/confusion.h"
#include "evax/metrics/findings/predictions.h"

namespace evax::metrics {

/// A number with its 95 % interval; both empty where it is undefined (a class is absent).
struct Figure {
  std::optional<double> value;
  std::optional<Interval> interval;
};

/// One class against the rest. Exclusive classes, more than two: calls are the argmax and there is
/// no threshold. Two: the threshold is the second class's, the first is called where it is not.
struct ClassFigures {
  std::string name;
  int64_t positives = 0, negatives = 0;
  std::optional<double> threshold;
  Confusion confusion;
  Figure auc, average_precision, accuracy, sensitivity, specificity, ppv, npv, f1;
  Calibration calibration;
};

struct SubgroupFigures {
  std::string column, value;  // sex: F; age: 40-59
  int64_t images = 0, patients = 0;
  Figure mean_auc, accuracy;
  std::vector<ClassFigures> classes;  // counts and auc with interval; the rest as above
};

struct Evaluation {
  int64_t images = 0, patients = 0;  // patients: 0 where unknown
  Figure mean_auc, mean_average_precision;
  Figure accuracy;           // exclusive: top-1, the paper's mAcc
  Figure balanced_accuracy;  // exclusive: mean sensitivity of the argmax
  Figure label_accuracy;     // otherwise: share of labels on the right side of the threshold
  std::vector<ClassFigures> classes;
  std::vector<std::vector<int64_t>> confusion_matrix;  // exclusive: rows truth, columns argmax
  Calibration calibration;  // exclusive: of the argmax's probability; otherwise of all labels
  std::vector<SubgroupFigures> subgroups;
  bool by_patient = false;         // what the bootstrap draws
  std::vector<std::string> notes;  // one sentence each: a class that is absent, ...
};

struct EvaluationOptions {
  /// One per class; empty: 0.5. Exclusive: two classes only, of which the second's counts.
  std::vector<double> thresholds;
  size_t draws = 2000;  // of the bootstrap; 0: no intervals
  uint64_t seed = 0;
  size_t threads = 1;
  /// Columns of `meta`. A column of numbers is split into bands: "age" or "age:0,18,40,65"
  /// (subgroups.h).
  std::vector<std::string> subgroups;
};

/// Judges predictions (spec C.6; scikit-learn's definitions). Intervals are percentiles of a
/// bootstrap over patients, over images where no patient is known; a draw's mean is over the
/// classes that are defined in it. Throws Error for probabilities that are not in [0, 1], for
/// labels and matrices that do not fit, for a subgroup column that is not there.
Evaluation evaluate(const Predictions& predictions, const EvaluationOptions& options);

}  // namespace evax::metrics
