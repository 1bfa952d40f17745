#include "evax/data/repeats.h"

#include <string_view>
#include <unordered_map>

#include "evax/data/readers/files.h"

namespace evax::data {
namespace {

bool is_known(float label) { return label >= 0; }  // neither NaN nor -1

bool are_opposite(const Sample& a, const Sample& b) {
  if (a.label >= 0 && b.label >= 0 && a.label != b.label) return true;
  if (a.labels.size() != b.labels.size()) return false;
  for (size_t i = 0; i < a.labels.size(); ++i)
    if (is_known(a.labels[i]) && is_known(b.labels[i]) &&
        (a.labels[i] >= 0.5F) != (b.labels[i] >= 0.5F))
      return true;
  return false;
}

}  // namespace

std::vector<Repeat> find_repeats(const Dataset& dataset, const std::vector<std::string>& keys) {
  std::vector<Repeat> repeats;
  std::unordered_map<std::string_view, uint32_t> first_with;
  for (uint32_t i = 0; i < dataset.size(); ++i) {
    if (keys[i].empty()) continue;
    const auto [first, is_new] = first_with.try_emplace(keys[i], i);
    if (!is_new)
      repeats.push_back(
          {first->second, i, are_opposite(dataset.samples[first->second], dataset.samples[i])});
  }
  return repeats;
}

std::vector<Repeat> find_repeats(const Dataset& dataset) {
  std::vector<std::string> paths;
  paths.reserve(dataset.size());
  for (const Sample& sample : dataset.samples)
    paths.push_back(sample.shard ? "" : plain_path(sample.path));
  return find_repeats(dataset, paths);
}

}  // namespace evax::data
