#include "evax/data/split.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <string_view>

#include "evax/core/error.h"
#include "evax/core/random.h"
#include "evax/data/readers/files.h"

namespace evax::data {
namespace {

// Who must not be dealt apart: a patient, or an image of nobody known. The letter keeps the two
// kinds of names from meeting.
std::string group_of(const Sample& sample) {
  return sample.patient.empty() ? "i" + plain_path(sample.path) : "p" + sample.patient;
}

Dataset like(const Dataset& dataset) {
  Dataset other;
  other.task = dataset.task;
  other.classes = dataset.classes;
  other.meta = dataset.meta;
  other.source = dataset.source;
  other.mask_values = dataset.mask_values;
  other.reading = dataset.reading;
  other.warnings = dataset.warnings;
  return other;
}

using Names = std::vector<std::string>;

Names sorted_set(Names names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (!names.empty() && names.front().empty()) names.erase(names.begin());
  return names;
}

Names patients_of(const Dataset& dataset) {
  Names names;
  for (const Sample& sample : dataset.samples) names.push_back(sample.patient);
  return sorted_set(std::move(names));
}

Names paths_of(const Dataset& dataset) {
  Names names;
  for (const Sample& sample : dataset.samples) names.push_back(plain_path(sample.path));
  return sorted_set(std::move(names));
}

Names in_both(const Names& a, const Names& b) {
  Names both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

}  // namespace

std::vector<Dataset> deal(const Dataset& dataset, const std::vector<double>& shares,
                          uint64_t seed) {
  std::map<std::string, size_t> part_of;  // sorted, hence independent of the list's order
  for (const Sample& sample : dataset.samples) part_of[group_of(sample)] = 0;
  std::vector<size_t*> order;
  for (auto& [group, part] : part_of) order.push_back(&part);
  Random random(seed, 0, 0, Draw::split);
  shuffle(order.begin(), order.end(), random);

  size_t next = 0;
  for (size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] <= 0) continue;
    const double share = std::round(shares[i] * static_cast<double>(order.size()));
    const size_t count = std::max<size_t>(1, static_cast<size_t>(share));
    if (next + count >= order.size())
      fail("{}: expected enough patients (or images) to split into {} parts, found {}",
           dataset.source, shares.size() + 1, order.size());
    for (const size_t end = next + count; next < end; ++next) *order[next] = i + 1;
  }

  std::vector<Dataset> parts(shares.size() + 1, like(dataset));
  for (const Sample& sample : dataset.samples)
    parts[part_of.at(group_of(sample))].samples.push_back(sample);
  return parts;
}

Dataset subset(const Dataset& dataset, double fraction, uint64_t seed) {
  std::vector<uint32_t> order(dataset.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return dataset.samples[a].path < dataset.samples[b].path;
  });
  Random random(seed, 0, 0, Draw::subset);
  shuffle(order.begin(), order.end(), random);
  const double wanted = std::round(fraction * static_cast<double>(order.size()));
  order.resize(std::clamp<size_t>(static_cast<size_t>(wanted), 1, order.size()));
  std::sort(order.begin(), order.end());
  Dataset part = like(dataset);
  for (const uint32_t i : order) part.samples.push_back(dataset.samples[i]);
  return part;
}

Names shared_patients(const Dataset& a, const Dataset& b) {
  return in_both(patients_of(a), patients_of(b));
}

Names shared_paths(const Dataset& a, const Dataset& b) { return in_both(paths_of(a), paths_of(b)); }

Names find_leaks(const Splits& splits) {
  struct List {
    const char* name;
    Names patients;
    Names paths;
  };
  std::vector<List> lists;
  const auto add = [&](const char* name, const Dataset& dataset) {
    lists.push_back({name, patients_of(dataset), paths_of(dataset)});
  };
  add("train", splits.train);
  add("val", splits.val);
  add("test", splits.test);

  Names leaks;
  const auto tell = [&](const Names& both, std::string_view what, const List& a, const List& b) {
    if (!both.empty())
      leaks.push_back(fmt::format("{} {}{} in both {} and {}, among them {}", both.size(), what,
                                  both.size() == 1 ? "" : "s", a.name, b.name, both.front()));
  };
  for (size_t i = 0; i < lists.size(); ++i)
    for (size_t j = i + 1; j < lists.size(); ++j) {
      tell(in_both(lists[i].patients, lists[j].patients), "patient", lists[i], lists[j]);
      tell(in_both(lists[i].paths, lists[j].paths), "image file", lists[i], lists[j]);
    }
  return leaks;
}

}  // namespace evax::data
