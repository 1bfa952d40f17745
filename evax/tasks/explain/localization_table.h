#pragma once

#include <string>

#include "evax/evaluation/localization/judge.h"

namespace evax::tasks {

/// The figures of a localisation for a terminal: how the threshold came about, a row per class, and
/// all boxes with intervals.
std::string localization_table(const evaluation::LocalizationJudgement& judgement);

}  // namespace evax::tasks
