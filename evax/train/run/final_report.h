#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "evax/data/dataset.h"
#include "evax/train/loop/scores.h"
#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// What is known of a run whose best weights have been scored.
struct FinalScores {
  std::string best_model;              // path of the model file
  const Scores* validation = nullptr;  // null without a validation list
  const Scores* judged = nullptr;      // of the test list, or of validation where there is none
  const data::Dataset* judged_on = nullptr;
  std::string set;                  // "test" or "validation": the list that is scored
  std::string selected_on;          // the list that the best epoch was chosen on
  nlohmann::ordered_json selected;  // score, epoch and figures of the best epoch
};

/// Keeps the temperature and the thresholds of the validation list (Youden) and the figures of the
/// scored one in the best model file, then writes predictions.csv, report.html with the curves of
/// the training, and last metrics.json. Returns the figures in a sentence.
std::string write_final_report(const Recipe& recipe, const std::string& folder,
                               const data::Splits& splits, const FinalScores& scores);

}  // namespace evax::train
