#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "evax/data/dataset.h"
#include "evax/data/loader.h"
#include "evax/train/distributed.h"
#include "evax/train/recipe.h"

namespace evax::train {

/// What a network's features are worth on labelled images, without training the network: k nearest
/// neighbours and a linear classifier; and whether the features collapse.
class Probe {
 public:
  /// Reads the lists of [probe.data]. `preprocess`: the evaluation transform of the network. Throws
  /// Error when there is no labelled list to learn from, or none to judge on.
  Probe(const ProbeRecipe& recipe, const weights::Preprocess& preprocess, int batch_size,
        Distributed& distributed);

  /// Features of a batch, float32 [N, D] on the CPU.
  using Features = std::function<at::Tensor(const data::Batch&)>;

  /// {"probe/knn_auc", "probe/linear_auc" (mean over classes), "probe/feature_std" (mean over the
  /// channels, of unit-length features), "probe/feature_rank" (exp of the entropy of the singular
  /// values: RankMe, Garrido et al., arXiv 2210.02885)}; null where undefined. Equal on all ranks.
  nlohmann::ordered_json measure(const Features& features);
};

}  // namespace evax::train
