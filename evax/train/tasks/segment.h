#pragma once

#include <memory>
#include <string>

#include "evax/train/tasks/task.h"

namespace evax::train {

/// Training of a network that marks findings pixel by pixel: selection by Dice on the validation
/// list (on the test list under protocol = "paper"), one test at the end. Adds best.safetensors,
/// last.safetensors, predictions.csv and report.html to the run folder.
std::unique_ptr<Task> make_segmentation(const Recipe& recipe, const std::string& folder,
                                        Distributed& distributed);

}  // namespace evax::train
