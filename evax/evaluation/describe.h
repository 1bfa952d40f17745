#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evax/evaluation/judge.h"
#include "evax/report/page_frame.h"

// What evaluations of findings and of masks say alike.

namespace evax::evaluation {

/// The head of metrics.json: model, data, set, protocol, thresholds, bootstrap.
nlohmann::ordered_json head_of(const Subject& subject, const Rules& rules, size_t unreadable,
                               bool by_patient);

/// "mean AUC 0.8312 (95 % 0.7900-0.8680), "; nothing for an undefined figure.
std::string text_of(const char* name, const metrics::Figure& figure);
/// "best.safetensors (eva_x_tiny, 5.5 M parameters)"
std::string model_line(const Subject& subject);
/// "sensitivity=0.9, chosen on validation (120 images)": the thresholds, for people.
std::string threshold_line(const Rules& rules);
/// "0.3": the thresholds of masks, and on what they were chosen.
std::string mask_threshold_line(const Rules& rules);
/// How intervals were found.
std::string interval_line(const Rules& rules, bool by_patient);
/// Whether the best epoch was chosen on these images.
std::pair<std::string, std::string> selection_line(const Subject& subject);
/// The model, where it comes from if it says so, and the data.
std::vector<report::ProtocolSection> model_sections(const Subject& subject, size_t judged,
                                                    size_t unreadable);

/// unreadable_SET.csv: `path`, `reason`.
void write_unreadable(const std::string& path,
                      const std::vector<std::pair<std::string, std::string>>& unreadable);

}  // namespace evax::evaluation
