#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/report/page_frame.h"

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
  std::string png;     // the bytes of a thumbnail
  std::string link{};  // to a page that explains it; empty: none
};

/// Everything that a classifier's report.html shows.
struct EvaluationPage : PageFrame {
  metrics::Evaluation evaluation;
  std::vector<ClassCurves> curves;                   // one per class of the evaluation, or none
  std::optional<metrics::Calibration> uncalibrated;  // before a temperature was applied
  std::vector<Example> examples;
};

/// report.html: one self-contained page, written for a radiologist.
std::string evaluation_page(const EvaluationPage& page);

}  // namespace evax::report
