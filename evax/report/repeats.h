#pragma once

#include <string>
#include <vector>

#include "evax/report/finished_run.h"

namespace evax::report {

struct NamedRun {
  FinishedRun run;
  std::string name;  // given; empty: that of its model
};

/// Runs of one recipe that differ only in their seed, scored on the same images under one name,
/// become one run: mean and standard deviation (n - 1), in the place of the first.
std::vector<NamedRun> join_repeats(std::vector<NamedRun> runs);

}  // namespace evax::report
