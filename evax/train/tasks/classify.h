#pragma once

#include <memory>
#include <string>

#include "evax/train/tasks/task.h"

namespace evax::train {

/// Fine-tuning (or training) of a classifier: selection on the validation set (on the test set
/// under protocol = "paper"), one test at the end. Adds best.safetensors, last.safetensors,
/// predictions.csv and report.html to the run folder.
std::unique_ptr<Task> make_classification(const Recipe& recipe, const std::string& folder,
                                          Distributed& distributed);

}  // namespace evax::train
