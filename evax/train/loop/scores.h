#pragma once

#include <string>

#include "evax/evaluation/scored.h"
#include "evax/metrics/findings/evaluation.h"
#include "evax/train/tasks/classifier.h"
#include "evax/train/tasks/list_rows.h"

namespace evax::train {

/// How a classifier does on a list of X-rays.
struct Scores {
  evaluation::Scored scored;
  metrics::Evaluation figures;  // without intervals
  double loss = 0;

  /// What a checkpoint is selected by: mean AUC, else accuracy, else minus the loss.
  double selection() const;
  /// "mean AUC 0.8312, loss 0.4711, 120 images"
  std::string sentence() const;
};

struct ScoreOptions : ListOptions {
  bool sigmoid = false;  // of multiclass logits too, as the original's AUC (spec C.6)
};

/// Runs the classifier over the data set; every rank gets the answer (rows_of_list).
Scores score(Classifier& classifier, const data::Dataset& dataset,
             const data::SampleTransform& transform, const ScoreOptions& options,
             Distributed& distributed);

}  // namespace evax::train
