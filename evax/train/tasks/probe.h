#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "evax/data/dataset.h"
#include "evax/data/loader.h"
#include "evax/train/loop/distributed.h"
#include "evax/train/recipe/recipe.h"
#include "evax/train/tasks/list_rows.h"
#include "evax/train/tasks/probe/labelled_features.h"

namespace evax::train {

/// What a network's features are worth on labelled images, without training the network: k nearest
/// neighbours and a linear classifier; and whether the features collapse.
class Probe {
 public:
  /// Reads the lists of [probe.data]. `preprocess`: the evaluation transform of the network. Throws
  /// Error when there is no labelled list to learn from, or none to score on.
  Probe(const ProbeRecipe& recipe, const weights::Preprocess& preprocess, int batch_size,
        Distributed& distributed);

  /// Features of a batch, float32 [N, D] on the CPU.
  using Features = std::function<at::Tensor(const data::Batch&)>;

  /// {"probe/knn_auc", "probe/linear_auc", "probe/feature_std", "probe/feature_rank"}
  /// (probe/figures.h); null where undefined. Equal on all ranks, and for any number of them.
  nlohmann::ordered_json measure(const Features& features);

  /// The lists it learns from and scores on, for protocol.json.
  nlohmann::ordered_json lists() const;

 private:
  LabelledFeatures features_of(const data::Dataset& dataset, const Features& features);

  data::DataConfig config_;
  data::Dataset learnt_, judged_;
  data::SampleTransform transform_;
  ListOptions options_;
  int64_t neighbours_;
  Distributed& distributed_;
};

}  // namespace evax::train
