#pragma once

#include <vector>

#include "evax/data/loader.h"
#include "evax/train/optim/loss.h"
#include "evax/train/optim/optimizer.h"

namespace evax::train {

/// What a task gives the training loop: parameters and a loss. The loop knows nothing else of it.
class Learner {
 public:
  virtual ~Learner() = default;

  /// All that is optimised, in an order of its own, and how each is updated.
  virtual NamedParameters parameters() = 0;
  virtual std::vector<Group> groups() = 0;
  /// What else a step changes and a checkpoint keeps: running statistics of BatchNorm.
  virtual NamedParameters buffers() { return {}; }

  /// The loss of a micro-batch; (seed, epoch, sample) key what is random in the network.
  virtual LossSum loss(const data::Batch& batch, const data::Key& key) = 0;
  /// LossSum::count of a batch of `rows` in which every term counts.
  virtual double full_count(size_t rows) const = 0;
};

}  // namespace evax::train
