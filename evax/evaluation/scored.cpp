#include "evax/evaluation/scored.h"

#include "evax/core/error.h"
#include "evax/data/fingerprint.h"
#include "evax/data/labels.h"
#include "evax/metrics/findings/probabilities.h"

namespace evax::evaluation {

void check_readable(const data::Dataset& dataset,
                    const std::vector<std::pair<std::string, std::string>>& unreadable) {
  const size_t count = unreadable.size();
  if (count * 100 <= dataset.size() && count < dataset.size()) return;
  fail(
      "{}: expected at most 1 % of the images to be unreadable, found at least {} of {}; the "
      "first: {}",
      dataset.source, count, dataset.size(), unreadable[0].second);
}

metrics::Predictions predictions_of(const data::Dataset& dataset, const Scored& scored,
                                    const Link& link, const std::string& folder) {
  const bool exclusive = dataset.task == weights::Task::multiclass;
  const size_t classes = dataset.classes.size();
  metrics::Predictions predictions;
  predictions.exclusive = exclusive;
  predictions.classes = dataset.classes;
  predictions.labels.resize(scored.samples.size() * classes);
  float* label = predictions.labels.data();
  for (const uint32_t index : scored.samples) {
    const data::Sample& sample = dataset.samples[index];
    predictions.paths.push_back(data::path_below(folder, sample.path));
    predictions.patients.push_back(sample.patient);
    for (size_t i = 0; i < sample.meta.size(); ++i)
      predictions.meta[dataset.meta[i]].push_back(sample.meta[i]);
    data::write_target(dataset, sample, label);
    label += classes;
  }
  predictions.probabilities = metrics::probabilities_of(
      scored.logits, classes, exclusive && !link.sigmoid, link.temperature);
  return predictions;
}

}  // namespace evax::evaluation
