#pragma once

#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/train/initial_model.h"

namespace evax::train {

/// What a person should see before a training starts, a line each: data and sizes, label policy,
/// preprocessing, network, parameters and FLOPs, optimiser, memory, and what was decided on the
/// way.
std::vector<std::string> header(const Recipe& recipe, const data::Splits& splits,
                                const InitialModel& initial, int ranks, int64_t steps,
                                const std::string& precision);

}  // namespace evax::train
