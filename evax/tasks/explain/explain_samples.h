#pragma once

#include "evax/evaluation/folder.h"
#include "evax/tasks/findings/evaluate.h"

namespace evax::tasks {

/// Explains samples of the list that was scored, with the thresholds it was scored at; empty where
/// there is no way of explaining the model. What it returns outlives neither argument.
evaluation::ExplainSamples explain_samples(const EvaluateOptions& options,
                                           const weights::ModelFile& file,
                                           const evaluation::Judgement& judgement);

}  // namespace evax::tasks
