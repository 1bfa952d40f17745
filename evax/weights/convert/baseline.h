#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/weights/safetensors.h"

namespace evax::weights {

/// A convolutional network that EVA-X is compared with, as evax keeps it.
struct Baseline {
  enum class Network { resnet50, densenet121 };

  Network network = Network::resnet50;
  int num_classes = 0;   // 0: the checkpoint has no classifier
  bool complete = true;  // false: layer4 is missing, as MedKLIP has none (spec G)
  TensorMap tensors;     // named as torchvision's (cnn.h)
  std::vector<std::string> notes;
};

/// The ResNet50 or DenseNet121 among the tensors of a checkpoint: torchvision's own (a DenseNet
/// also with the names norm.1 and conv.1 of before 2018) or one that BioViL, MedKLIP, MGCA, MoCo or
/// a segmentation model (Medical MAE) wraps (spec G). num_batches_tracked is left out, and so is a
/// classifier that a wrapped encoder has. nullopt when neither network is there; throws Error
/// naming `path` when one is but tensors are missing, misshapen or not finite.
std::optional<Baseline> find_baseline(const TensorMap& tensors, const std::string& path);

}  // namespace evax::weights
