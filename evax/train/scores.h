#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evax/train/classifier.h"
#include "evax/train/distributed.h"

namespace evax::train {

/// How a classifier does on a list of X-rays. Areas are empty where a class is absent.
struct Scores {
  std::vector<std::string> classes;
  std::vector<std::optional<double>> auc;
  std::vector<int64_t> positives, negatives;
  std::optional<double> mean_auc;
  std::optional<double> accuracy;        // multiclass: top-1
  std::optional<double> label_accuracy;  // multilabel: share of labels on the right side of 0.5
  double loss = 0;
  int64_t images = 0;

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
/// answer. Unreadable images are left out and warned about.
Scores score(Classifier& classifier, const data::Dataset& dataset,
             const data::SampleTransform& transform, const ScoreOptions& options,
             Distributed& distributed);

/// The figures as metrics.json holds them (design.md, Outputs other programs read).
nlohmann::ordered_json to_json(const Scores& scores);

}  // namespace evax::train
