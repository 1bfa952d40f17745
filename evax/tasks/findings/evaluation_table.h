#pragma once

#include <string>

#include "evax/evaluation/judge.h"

namespace evax::tasks {

/// The figures of an evaluation for a terminal: a row per class, the means, the subgroups, and a
/// sentence for whatever is undefined.
std::string evaluation_table(const evaluation::Judgement& judgement);

/// "0.831 (0.790-0.868)", "-" where it is undefined.
std::string shown(const metrics::Figure& figure);

}  // namespace evax::tasks
