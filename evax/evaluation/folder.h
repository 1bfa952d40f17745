#pragma once

#include <string>
#include <vector>

#include "evax/evaluation/judge.h"
#include "evax/report/evaluation_page.h"

namespace evax::evaluation {

/// Writes predictions.csv, report.html, unreadable_SET.csv where there is an image to list, and
/// last metrics.json into an existing folder. `more` goes into the head of metrics.json; `training`
/// is shown in the report.
void write_folder(const std::string& folder, const Judgement& judgement,
                  const nlohmann::ordered_json& more = {},
                  std::vector<report::TrainingCurves> training = {});

}  // namespace evax::evaluation
