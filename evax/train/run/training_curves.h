#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evax/report/page_frame.h"

namespace evax::train {

/// The drawings of a training from metrics.jsonl of its run folder: the losses of training and of
/// `set`, then each figure (key, label) of `set`; the epoch that was kept is marked.
std::vector<report::TrainingCurves> training_curves(
    const std::string& folder, const std::string& set, int best_epoch,
    const std::vector<std::pair<std::string, std::string>>& figures);

}  // namespace evax::train
