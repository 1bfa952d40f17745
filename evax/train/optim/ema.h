#pragma once

#include "evax/train/optim/optimizer.h"

namespace evax::train {

/// Exponential moving average of the weights: average = decay * average + (1 - decay) * weight
/// after every step, from the weights at the start (Polyak and Juditsky 1992; timm's ModelEmaV3
/// without warm-up).
class Ema {
 public:
  Ema(NamedParameters parameters, double decay);

  void update();
  /// Exchanges the averages with the weights, to evaluate or save the averaged network; twice is
  /// nothing.
  void swap();
  /// The averages by the parameters' names, the tensors themselves.
  NamedParameters state() const;

 private:
  NamedParameters parameters_;
  std::vector<at::Tensor> averages_;
  double decay_;
};

}  // namespace evax::train
