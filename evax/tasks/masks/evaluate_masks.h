#pragma once

#include "evax/tasks/findings/evaluate.h"

namespace evax::tasks {

/// `evax evaluate` of a segmentation model: Dice, Jaccard and the Hausdorff distance on a list with
/// masks, with intervals (docs/evaluation.md, "Masks"). A validation list determines the
/// thresholds.
void evaluate_masks(const EvaluateOptions& options, const weights::ModelFile& file);

}  // namespace evax::tasks
