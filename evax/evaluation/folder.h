#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "evax/evaluation/judge.h"
#include "evax/report/findings/evaluation_page.h"

namespace evax::evaluation {

/// Makes a page (report/explain/page.h) that explains these samples of the list, in this order.
using ExplainSamples = std::function<std::string(std::span<const uint32_t> samples)>;

/// Writes predictions.csv, report.html, unreadable_SET.csv where there is an image to list, and
/// last metrics.json into an existing folder. `more` goes into the head of metrics.json; `training`
/// is shown in the report. With `explain` the report's examples are explained in explain.html.
void write_folder(const std::string& folder, const Judgement& judgement,
                  const nlohmann::ordered_json& more = {},
                  std::vector<report::TrainingCurves> training = {},
                  const ExplainSamples& explain = {});

}  // namespace evax::evaluation
