#include "evax/report/repeats.h"

#include <algorithm>
#include <cmath>

namespace evax::report {
namespace {

using Repeats = std::vector<NamedRun>;

bool can_repeat(const FinishedRun& run) {
  return !run.recipe.empty() && run.repeats == 1 && run.figures[0].value.value;
}

bool belongs_to(const Repeats& group, const NamedRun& named) {
  const FinishedRun& first = group[0].run;
  const FinishedRun& run = named.run;
  const bool same_study =
      can_repeat(first) && can_repeat(run) && first.recipe == run.recipe &&
      group[0].name == named.name && first.data == run.data &&
      first.data_sha256 == run.data_sha256 &&
      std::equal(first.figures.begin(), first.figures.end(), run.figures.begin(), run.figures.end(),
                 [](const RunFigure& a, const RunFigure& b) { return a.name == b.name; });
  // One model twice is no repeat.
  return same_study && std::none_of(group.begin(), group.end(), [&](const NamedRun& other) {
           return other.run.model_sha256 == run.model_sha256;
         });
}

// Undefined where it is so of any of them.
void join_figure(const Repeats& group, size_t at, RunFigure& joined) {
  const auto count = static_cast<double>(group.size());
  joined.value = {};
  double mean = 0;
  for (const NamedRun& named : group) {
    const std::optional<double> value = named.run.figures[at].value.value;
    if (!value) return;
    mean += *value / count;
  }
  double square = 0;
  for (const NamedRun& named : group)
    square += std::pow(*named.run.figures[at].value.value - mean, 2);
  joined.value.value = mean;
  joined.deviation = std::sqrt(square / (count - 1));
}

NamedRun joined(Repeats group) {
  if (group.size() == 1) return std::move(group[0]);
  NamedRun all = group[0];
  for (size_t i = 1; i < group.size(); ++i) all.run.folder += "; " + group[i].run.folder;
  for (size_t at = 0; at < all.run.figures.size(); ++at)
    join_figure(group, at, all.run.figures[at]);
  all.run.repeats = static_cast<int64_t>(group.size());
  all.run.model_sha256.clear();  // of one among several
  return all;
}

}  // namespace

std::vector<NamedRun> join_repeats(std::vector<NamedRun> runs) {
  std::vector<Repeats> groups;
  for (NamedRun& named : runs) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const Repeats& repeats) {
      return belongs_to(repeats, named);
    });
    if (group != groups.end())
      group->push_back(std::move(named));
    else
      groups.push_back({std::move(named)});
  }
  std::vector<NamedRun> result;
  for (Repeats& group : groups) result.push_back(joined(std::move(group)));
  return result;
}

}  // namespace evax::report
