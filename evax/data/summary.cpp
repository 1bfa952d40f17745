#include "evax/data/summary.h"

#include <cmath>
#include <string_view>
#include <unordered_set>

#include "evax/core/error.h"

namespace evax::data {
namespace {

void count(float label, LabelCount& counts) {
  if (std::isnan(label) || label == -1)
    ++counts.uncertain;
  else
    ++(label >= 0.5F ? counts.positive : counts.negative);
}

// The items behind one another, in as many lines as they need; each begins with `start`.
void add_lines(std::vector<std::string>& lines, const std::string& start,
               const std::vector<std::string>& items) {
  constexpr size_t longest = 300;
  std::string line;
  for (const std::string& item : items) {
    if (!line.empty() && line.size() + item.size() > longest) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? start : ", ") + printable(item);
  }
  if (!line.empty()) lines.push_back(line);
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

std::vector<std::string> summary_lines(const std::string& name, const Dataset& dataset) {
  const bool segmentation = dataset.task == weights::Task::segmentation;
  const Summary summary = summarise(dataset);
  std::vector<std::string> classes;
  for (size_t i = 0; i < dataset.classes.size(); ++i) {
    std::string& item = classes.emplace_back(dataset.classes[i]);
    const LabelCount& count = summary.labels[i];
    if (!segmentation) item += fmt::format(" {}", count.positive);
    if (count.uncertain > 0) item += fmt::format(" ({} uncertain)", count.uncertain);
  }
  const std::string start = fmt::format("{}: {} images; ", name, summary.images);
  std::vector<std::string> lines;
  if (classes.empty()) lines.push_back(start + "no labels");
  add_lines(lines, start + (segmentation ? "classes: " : "positive: "), classes);
  add_lines(lines, name + ": columns kept as they are: ", dataset.meta);
  if (summary.patients > 0 && summary.without_patient > 0)
    lines.push_back(fmt::format("{}: {} images have no patient: each counts as one of its own",
                                name, summary.without_patient));
  return lines;
}

}  // namespace evax::data
