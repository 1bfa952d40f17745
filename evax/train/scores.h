#pragma once

#include <string>

#include "evax/evaluation/scored.h"
#include "evax/metrics/evaluation.h"
#include "evax/train/classifier.h"
#include "evax/train/distributed.h"

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

struct ScoreOptions {
  int image_size = 224;
  int batch_size = 32;
  int workers = 2;
  bool sigmoid = false;  // of multiclass logits too, as the original's AUC (spec C.6)
};

/// Runs the classifier over the data set, its images dealt to all ranks; every rank gets the
/// answer. Unreadable images are left out and warned about; more than 1 % are an Error.
Scores score(Classifier& classifier, const data::Dataset& dataset,
             const data::SampleTransform& transform, const ScoreOptions& options,
             Distributed& distributed);

}  // namespace evax::train
