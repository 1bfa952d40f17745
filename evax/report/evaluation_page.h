#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evax/metrics/evaluation.h"
#include "evax/report/line_plot.h"

namespace evax::report {

/// What is drawn for one class; empty where it is undefined.
struct ClassCurves {
  std::vector<Point> roc;               // (false positive rate, true positive rate), rising
  std::vector<Point> precision_recall;  // (recall, precision), rising recall
};

/// What became of the class on an image: called where it is and where it is not, or not called.
enum class Verdict { right, wrong, missed };

/// An image that the model was sure about.
struct Example {
  std::string class_name;
  Verdict verdict = Verdict::right;
  std::string caption;
  double probability = 0;
  std::string truth;
  std::string png;  // the bytes of a thumbnail
};

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

/// Everything that report.html shows.
struct EvaluationPage {
  std::string title;
  std::string model;              // "best.safetensors (eva_x_tiny, 5.5 M parameters)"
  std::string data;               // "chestxray14 test"
  bool selected_on_test = false;  // protocol "paper"
  metrics::Evaluation evaluation;
  std::vector<ClassCurves> curves;                   // one per class of the evaluation, or none
  std::optional<metrics::Calibration> uncalibrated;  // before a temperature was applied
  std::vector<Example> examples;
  std::vector<TrainingCurves> training;
  std::vector<ProtocolSection> protocol;
};

/// report.html: one self-contained page, written for a radiologist.
std::string evaluation_page(const EvaluationPage& page);

}  // namespace evax::report
