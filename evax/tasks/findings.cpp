#include "evax/tasks/findings.h"

#include <algorithm>
#include <cmath>

namespace evax::tasks {
namespace {

constexpr double default_threshold = 0.5;

std::vector<double> probabilities(std::span<const float> logits,
                                  const weights::Metadata& metadata) {
  const double temperature = metadata.temperature.value_or(1.0);
  std::vector<double> values;
  for (const float logit : logits) values.push_back(logit / temperature);
  if (metadata.task == weights::Task::multilabel) {
    for (double& value : values) value = 1 / (1 + std::exp(-value));
    return values;
  }
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double& value : values) sum += value = std::exp(value - largest);
  for (double& value : values) value /= sum;
  return values;
}

double threshold_of(const weights::Metadata& metadata, size_t index) {
  return metadata.thresholds.empty() ? default_threshold : metadata.thresholds[index];
}

}  // namespace

std::vector<Finding> findings_of(std::span<const float> logits, const weights::Metadata& metadata) {
  const auto probability = probabilities(logits, metadata);
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

}  // namespace evax::tasks
