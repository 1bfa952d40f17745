#pragma once

#include "evax/evaluation/scored.h"
#include "evax/inference/runner.h"

namespace evax::tasks {

/// Runs a classifier over a data set, reading in parallel with it on `threads` threads. Throws
/// Error when more than 1 % of the images cannot be read; the others are warned about.
evaluation::Scored score(inference::Runner& runner, const weights::Metadata& model,
                         const data::Dataset& dataset, size_t threads);

}  // namespace evax::tasks
