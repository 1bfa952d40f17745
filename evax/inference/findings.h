#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evax/weights/config.h"

namespace evax::inference {

/// What a classifier says about one class of one image.
struct Finding {
  std::string name;
  float logit;
  double probability;
  std::optional<double> threshold;  // none for more than two exclusive classes
  bool positive;
};

/// Logits to findings by the model's task (design.md 3): sigmoid and a threshold per class
/// (multilabel), or softmax and one positive class (multiclass: the argmax, with two classes the
/// second from its threshold on). Without thresholds in the model file: 0.5. Logits are divided by
/// the model's temperature first.
std::vector<Finding> findings_of(std::span<const float> logits, const weights::Metadata& metadata);

/// Throws Error where a model has no head for findings. `path`: of the model file.
void require_classifier(const weights::Metadata& metadata, std::string_view path);

}  // namespace evax::inference
