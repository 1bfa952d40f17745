#pragma once

#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/train/pretraining/initial_student.h"
#include "evax/train/tasks/initial_model.h"

namespace evax::train {

/// What a person should see before a training starts, a line each: data and sizes, label policy,
/// preprocessing, network, parameters and FLOPs, optimiser, memory, and what was decided on the
/// way.
std::vector<std::string> header(const Recipe& recipe, const data::Splits& splits,
                                const InitialModel& initial, int ranks, int64_t steps,
                                const std::string& precision);

/// The same before a pre-training; `teacher`: Teacher::notes(). Every choice that the article
/// leaves open is among the lines (spec B).
std::vector<std::string> header(const Recipe& recipe, const data::Splits& splits,
                                const InitialStudent& initial,
                                const std::vector<std::string>& teacher, int ranks, int64_t steps,
                                const std::string& precision);

/// For a segmentation.
std::vector<std::string> segmentation_header(const Recipe& recipe, const data::Splits& splits,
                                             const InitialModel& initial, int ranks, int64_t steps,
                                             const std::string& precision);

}  // namespace evax::train
