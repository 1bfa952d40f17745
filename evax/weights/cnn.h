#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evax/core/tensor.h"

namespace evax::weights {

/// The tensors of a ResNet50 and of a DenseNet121, name and shape, in torchvision's order; a head
/// when num_classes > 0. The running statistics of BatchNorm are among them (the network needs
/// them to predict), num_batches_tracked is not.
std::vector<std::pair<std::string, Shape>> resnet_parameters(int num_classes);
std::vector<std::pair<std::string, Shape>> densenet_parameters(int num_classes);

/// Whether a tensor of that name is a running statistic of BatchNorm: kept, not trained.
inline bool is_running_statistic(std::string_view name) {
  return name.ends_with(".running_mean") || name.ends_with(".running_var");
}

}  // namespace evax::weights
