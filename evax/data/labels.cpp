#include "evax/data/labels.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "evax/core/error.h"
#include "evax/core/random.h"

namespace evax::data {
namespace {

constexpr std::array<std::pair<std::string_view, LabelPolicy>, 6> names{{
    {"ones", LabelPolicy::ones},
    {"zeros", LabelPolicy::zeros},
    {"ignore", LabelPolicy::ignore},
    {"smooth", LabelPolicy::smooth},
    {"eva_x", LabelPolicy::eva_x},
    {"eva_x_smooth", LabelPolicy::eva_x_smooth},
}};

// Spec C.5: what the original makes of an uncertain finding.
bool counts_as_present(const std::string& name, const std::string& source) {
  if (name == "Atelectasis" || name == "Edema") return true;
  if (name == "Cardiomegaly" || name == "Consolidation" || name == "Pleural Effusion") return false;
  fail(
      "{}: expected one of CheXpert's five competition findings for an uncertain label under the "
      "policies eva_x and eva_x_smooth, found '{}'",
      source, name);
}

float target(LabelPolicy policy, const Dataset& dataset, uint32_t sample, uint32_t column,
             uint64_t seed) {
  const std::string& name = dataset.classes[column];
  switch (policy) {
    case LabelPolicy::ones: return 1;
    case LabelPolicy::zeros: return 0;
    case LabelPolicy::ignore: return std::numeric_limits<float>::quiet_NaN();
    case LabelPolicy::smooth: {
      Random random(seed, column, sample, Draw::label);
      return static_cast<float>(random.uniform(0.55, 0.85));
    }
    case LabelPolicy::eva_x: return counts_as_present(name, dataset.source) ? 1 : 0;
    case LabelPolicy::eva_x_smooth: {
      Random random(seed, column, 0, Draw::label);
      const bool present = counts_as_present(name, dataset.source);
      return static_cast<float>(present ? random.uniform(0.7, 0.8) : random.uniform(0.2, 0.3));
    }
  }
  return 0;
}

LabelPolicy without_smoothing(LabelPolicy policy) {
  if (policy == LabelPolicy::smooth) return LabelPolicy::ones;
  if (policy == LabelPolicy::eva_x_smooth) return LabelPolicy::eva_x;
  return policy;
}

}  // namespace

std::string name_of(LabelPolicy policy) {
  for (const auto& [name, value] : names)
    if (value == policy) return std::string(name);
  return {};
}

LabelPolicy label_policy(const std::string& name, const std::string& kind) {
  if (name.empty()) return kind == "chexpert" ? LabelPolicy::eva_x : LabelPolicy::ignore;
  std::string known;
  for (const auto& [other, value] : names) {
    if (other == name) return value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", other);
  }
  fail("data.label_policy: expected one of {}, found '{}'", known, name);
}

size_t apply_policy(Dataset& dataset, LabelPolicy policy, uint64_t seed, bool exact) {
  if (exact) policy = without_smoothing(policy);
  size_t uncertain = 0;
  for (uint32_t i = 0; i < dataset.size(); ++i)
    for (uint32_t column = 0; column < dataset.samples[i].labels.size(); ++column) {
      float& label = dataset.samples[i].labels[column];
      if (label != -1) continue;
      label = target(policy, dataset, i, column, seed);
      ++uncertain;
    }
  return uncertain;
}

void write_target(const Dataset& dataset, const Sample& sample, float* row) {
  const size_t classes = dataset.classes.size();
  if (dataset.task == weights::Task::multiclass && sample.label >= 0) {
    std::fill_n(row, classes, 0.0F);
    row[static_cast<size_t>(sample.label)] = 1;
  } else if (sample.labels.empty()) {
    std::fill_n(row, classes, std::numeric_limits<float>::quiet_NaN());
  } else {
    std::copy(sample.labels.begin(), sample.labels.end(), row);
  }
}

}  // namespace evax::data
