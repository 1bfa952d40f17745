#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/metrics/predictions.h"

namespace evax::metrics {

struct Interval {
  double low, high;
};

/// A number with its 95 % interval; both empty where it is undefined (a class is absent).
struct Figure {
  std::optional<double> value;
  std::optional<Interval> interval;
};

/// Calls at a threshold against the truth.
struct Confusion {
  int64_t true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;
};

/// One bin of a reliability diagram.
struct ReliabilityBin {
  double mean_probability = 0, observed = 0;  // of the rows in it
  int64_t count = 0;
};

struct Calibration {
  std::optional<double> ece;    // expected calibration error, equal-width bins (Guo et al. 2017)
  std::optional<double> brier;  // mean squared error
  std::vector<ReliabilityBin> bins;  // those that are not empty
};

/// One class against the rest. Exclusive classes, more than two: calls are the argmax and there is
/// no threshold.
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
  bool by_patient = false;  // what the bootstrap draws
  std::vector<std::string> notes;  // one sentence each: a class that is absent, ...
};

struct EvaluationOptions {
  std::vector<double> thresholds;  // one per class; empty: 0.5. Exclusive: two classes only
  size_t draws = 2000;             // of the bootstrap; 0: no intervals
  uint64_t seed = 0;
  size_t threads = 1;
  /// Columns of `meta`. A column of numbers is dealt into bands: "age" or "age:0,18,40,65".
  std::vector<std::string> subgroups;
};

/// Judges predictions (spec C.6; scikit-learn's definitions). Intervals are percentiles of a
/// bootstrap over patients, over images where no patient is known. Throws Error for probabilities
/// that are not in [0, 1], for matrices that do not fit, for a subgroup column that is not there.
Evaluation evaluate(const Predictions& predictions, const EvaluationOptions& options);

}  // namespace evax::metrics
