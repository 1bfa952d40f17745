#pragma once

#include "evax/train/tasks/probe/labelled_features.h"
#include "evax/weights/config.h"

namespace evax::train {

/// NaN where undefined.
struct ProbeFigures {
  double knn_auc, linear_auc;        // mean over the classes where it is defined
  double feature_std, feature_rank;  // of the features scored on (spread.h)
};

/// What can be predicted for the images `judged` from those `learnt`, for classes of which both
/// have an image with and one without. All undefined when a feature is not finite.
ProbeFigures probe_figures(LabelledFeatures learnt, LabelledFeatures judged, weights::Task task,
                           int64_t neighbours);

}  // namespace evax::train
