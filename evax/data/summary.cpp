#include "evax/data/summary.h"

#include <cmath>
#include <string_view>
#include <unordered_set>

namespace evax::data {
namespace {

void count(float label, LabelCount& counts) {
  if (std::isnan(label))
    ++counts.uncertain;
  else
    ++(label >= 0.5F ? counts.positive : counts.negative);
}

}  // namespace

Summary summarise(const Dataset& dataset) {
  Summary summary;
  summary.images = dataset.size();
  summary.labels.resize(dataset.classes.size());
  std::unordered_set<std::string_view> patients;
  for (const Sample& sample : dataset.samples) {
    if (sample.patient.empty())
      ++summary.without_patient;
    else
      patients.insert(sample.patient);
    for (size_t i = 0; i < summary.labels.size(); ++i) {
      if (dataset.task == weights::Task::multiclass)
        count(sample.label == static_cast<int>(i) ? 1 : 0, summary.labels[i]);
      else if (!sample.labels.empty())
        count(sample.labels[i], summary.labels[i]);
    }
  }
  summary.patients = patients.size();
  return summary;
}

}  // namespace evax::data
