#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evax/metrics/findings/evaluation.h"
#include "evax/report/plots/line_plot.h"

namespace evax::report {

inline constexpr const char* disclaimer =
    "For research only: not a medical device, not for diagnosis.";

/// A part of the protocol: (name, value) lines under a heading.
struct ProtocolSection {
  std::string heading;
  std::vector<std::pair<std::string, std::string>> lines;
};

/// A drawing of the training: losses or validation figures by epoch.
struct TrainingCurves {
  std::string label;
  std::vector<Line> lines;    // (epoch, value)
  std::optional<Point> mark;  // the epoch that was kept
};

/// What every report.html contains.
struct PageFrame {
  std::string title;
  std::string model;              // "best.safetensors (eva_x_tiny, 5.5 M parameters)"
  std::string data;               // "chestxray14 test"
  bool selected_on_test = false;  // protocol "paper"
  std::vector<TrainingCurves> training;
  std::vector<ProtocolSection> protocol;
};

// Parts of a page, as HTML.

/// "Model M on D: N images of P patients; `rest`."
std::string lead(const PageFrame& frame, int64_t images, int64_t patients, std::string_view rest);
/// Figures in large type, each with its interval.
std::string headline(const std::vector<std::pair<std::string, metrics::Figure>>& figures);
/// What an interval and a dash mean.
std::string interval_note(bool by_patient);

/// The whole page: `lead` and the warning of a selection on the test set before `body`, the
/// training, the protocol and the disclaimer behind it.
std::string framed_page(const PageFrame& frame, std::string_view lead, std::string_view body);

}  // namespace evax::report
