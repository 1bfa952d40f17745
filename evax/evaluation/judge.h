#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evax/evaluation/calibrate.h"
#include "evax/metrics/findings/evaluation.h"

namespace evax::evaluation {

/// What is scored: a model file on one list of images.
struct Subject {
  std::string model_name;    // without folders
  std::string model_sha256;  // of the file
  const weights::Metadata* model = nullptr;
  const data::Dataset* images = nullptr;
  std::string kind;    // data.kind
  std::string folder;  // data.images, which paths are relative to
  std::string set = "test";
  bool selected_on_test = false;  // protocol "paper": the best epoch was chosen on these images
};

/// How it is scored.
struct Rules {
  std::vector<double> thresholds;    // one per class; empty: 0.5, or the argmax
  std::string threshold_rule;        // "youden", "as stored", "0.5", "argmax"
  std::string thresholds_chosen_on;  // "validation (120 images)", "the model file"; empty: nothing
  bool sigmoid = false;              // areas under curves are of sigmoids for exclusive classes too
  metrics::EvaluationOptions options;  // without thresholds
};

/// The figures of a model on a list, and what they were made from.
struct Judgement {
  Subject subject;
  Rules rules;
  std::vector<std::pair<std::string, std::string>> unreadable;
  std::vector<uint32_t> samples;  // of subject.images, a row of predictions each
  metrics::Predictions predictions;
  std::optional<metrics::Predictions> sigmoids;  // what areas are of; absent: of `predictions`
  metrics::Evaluation evaluation;
  std::optional<metrics::Calibration> uncalibrated;  // without the model's temperature
};

/// Judges what a network gave for the subject's images. Throws Error as metrics::evaluate does.
Judgement judge(const Subject& subject, const Scored& scored, const Rules& rules);

/// metrics.json (design.md, Outputs other programs read); `more` is put into its head.
nlohmann::ordered_json metrics_of(const Judgement& judgement,
                                  const nlohmann::ordered_json& more = {});

/// "mean AUC 0.831 (0.790-0.868), 133 images of 128 patients": one line for people and provenance.
std::string sentence_of(const metrics::Evaluation& evaluation);

}  // namespace evax::evaluation
