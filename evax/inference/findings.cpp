#include "evax/inference/findings.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/metrics/findings/probabilities.h"

namespace evax::inference {
namespace {

constexpr double default_threshold = 0.5;

double threshold_of(const weights::Metadata& metadata, size_t index) {
  return metadata.thresholds.empty() ? default_threshold : metadata.thresholds[index];
}

}  // namespace

std::vector<Finding> findings_of(std::span<const float> logits, const weights::Metadata& metadata) {
  const bool exclusive = metadata.task == weights::Task::multiclass;
  const auto probability =
      metrics::probabilities_of(logits, logits.size(), exclusive, metadata.temperature.value_or(1));
  std::vector<Finding> findings;
  for (size_t i = 0; i < logits.size(); ++i)
    findings.push_back({metadata.classes[i], logits[i], probability[i], std::nullopt, false});

  if (metadata.task == weights::Task::multilabel) {
    for (size_t i = 0; i < findings.size(); ++i) {
      findings[i].threshold = threshold_of(metadata, i);
      findings[i].positive = probability[i] >= *findings[i].threshold;
    }
  } else if (findings.size() == 2) {
    findings[0].threshold = threshold_of(metadata, 0);
    findings[1].threshold = threshold_of(metadata, 1);
    findings[1].positive = probability[1] >= *findings[1].threshold;
    findings[0].positive = !findings[1].positive;
  } else {
    const auto best = std::max_element(probability.begin(), probability.end());
    findings[static_cast<size_t>(best - probability.begin())].positive = true;
  }
  return findings;
}

void require_classifier(const weights::Metadata& metadata, std::string_view path) {
  if (metadata.task == weights::Task::segmentation)
    fail("{}: predict needs a classifier, found a segmentation model", path);
  if (metadata.model.num_classes == 0)
    fail(
        "{}: predict needs a classifier, found a pre-trained encoder without a head; fine-tune it "
        "first, or use `evax embed` for its features",
        path);
}

}  // namespace evax::inference
