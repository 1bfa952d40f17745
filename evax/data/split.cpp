#include "evax/data/split.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

#include "evax/core/error.h"
#include "evax/core/random.h"

namespace evax::data {
namespace {

// Who must not be dealt apart: a patient, or an image of nobody known. The letter keeps the two
// kinds of names from meeting.
std::string group_of(const Sample& sample) {
  return sample.patient.empty() ? "i" + sample.path : "p" + sample.patient;
}

Dataset like(const Dataset& dataset) {
  Dataset other;
  other.task = dataset.task;
  other.classes = dataset.classes;
  other.source = dataset.source;
  return other;
}

template <typename Field>
std::vector<std::string> shared(const Dataset& a, const Dataset& b, Field field) {
  const auto values = [&](const Dataset& dataset) {
    std::set<std::string> set;
    for (const Sample& sample : dataset.samples) set.insert(field(sample));
    set.erase("");
    return set;
  };
  const auto left = values(a);
  const auto right = values(b);
  std::vector<std::string> both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(both));
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
      fail("{}: expected enough patients (or images) to deal into {} parts, found {}",
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

std::vector<std::string> shared_patients(const Dataset& a, const Dataset& b) {
  return shared(a, b, [](const Sample& sample) { return sample.patient; });
}

std::vector<std::string> shared_paths(const Dataset& a, const Dataset& b) {
  return shared(a, b, [](const Sample& sample) {
    return std::filesystem::path(sample.path).lexically_normal().string();
  });
}

std::vector<std::string> find_leaks(const Splits& splits) {
  const std::array<std::pair<const char*, const Dataset*>, 3> lists{
      {{"train", &splits.train}, {"val", &splits.val}, {"test", &splits.test}}};
  std::vector<std::string> leaks;
  for (size_t i = 0; i < lists.size(); ++i)
    for (size_t j = i + 1; j < lists.size(); ++j) {
      const auto& [name, a] = lists[i];
      const auto& [other, b] = lists[j];
      const auto tell = [&, n = name, o = other](const std::vector<std::string>& both,
                                                 const char* one, const char* many) {
        if (!both.empty())
          leaks.push_back(fmt::format("{} {} in both {} and {}, among them {}", both.size(),
                                      both.size() == 1 ? one : many, n, o, both.front()));
      };
      tell(shared_patients(*a, *b), "patient", "patients");
      tell(shared_paths(*a, *b), "image file", "image files");
    }
  return leaks;
}

}  // namespace evax::data
