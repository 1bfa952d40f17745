#pragma once

#include <string>

#include "evax/report/findings/evaluation_page.h"

namespace evax::report {

// The parts of report.html, as HTML; empty where the page has nothing for them.

std::string class_table(const metrics::Evaluation& evaluation);
std::string curve_plots(const EvaluationPage& page);
std::string confusion_plots(const metrics::Evaluation& evaluation);
std::string calibration_plots(const EvaluationPage& page);
std::string subgroup_figures(const metrics::Evaluation& evaluation);
std::string example_images(const std::vector<Example>& examples);

/// One class per image, not independent findings.
inline bool is_exclusive(const metrics::Evaluation& evaluation) {
  return !evaluation.confusion_matrix.empty();
}

/// Calls are those at a threshold, not the argmax of more than two classes.
bool has_thresholds(const metrics::Evaluation& evaluation);

}  // namespace evax::report
