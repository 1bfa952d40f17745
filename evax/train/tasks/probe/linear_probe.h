#pragma once

#include "evax/train/tasks/probe/labelled_features.h"
#include "evax/weights/config.h"

namespace evax::train {

/// A linear classifier on features: standardise, then W x + b, then sigmoid or softmax.
struct LinearProbe {
  weights::Task task;
  at::Tensor mean, std;     // [D], of the features it learnt from; std is 1 where it would be 0
  at::Tensor weight, bias;  // [D, classes], [classes]

  /// Probabilities of features [M, D], float64 [M, classes].
  at::Tensor operator()(const at::Tensor& features) const;
};

/// Logistic regression with the penalty D / 2 |W|^2 beside the summed cross entropy (scikit-learn's
/// C = 1 / D), the minimum itself: no validation list, no draw, no schedule. That penalty is a
/// normal prior under which the logits of standardised features have variance 1, whatever D.
/// Multilabel: a regression per class, over the images whose label is known; multiclass: one
/// softmax. Every class needs an image with it and one without.
LinearProbe fit_linear_probe(const LabelledFeatures& known, weights::Task task);

}  // namespace evax::train
