#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "evax/evaluation/judge.h"
#include "evax/evaluation/localization/place.h"
#include "evax/metrics/localization/evaluation.h"
#include "evax/metrics/localization/threshold_table.h"

namespace evax::evaluation {

/// A box and the Grad-CAM of its class on its image.
struct LocatedBox {
  size_t finding = 0;  // of BoxList::findings
  Place place;
  int grid = 0;
  std::vector<float> raw;  // [grid, grid]
};

/// The boxes of a list that can be scored, and what cannot.
struct LocatedList {
  std::vector<LocatedBox> boxes;
  std::vector<std::pair<size_t, std::string>> skipped;          // finding, reason
  std::vector<std::pair<std::string, std::string>> unreadable;  // path, reason
};

/// mAP at 0.01, 0.02, ... of the maps of all boxes.
metrics::ThresholdTable threshold_table(std::span<const LocatedBox> boxes, size_t threads);

struct LocalizationRules {
  bool paper = false;               // the threshold is chosen on the very boxes that are scored
  std::optional<double> threshold;  // given; empty: chosen, else 0.4, the original's
  metrics::BootstrapOptions bootstrap;
};

/// How the heat maps of a classifier find boxes, and what it was made from.
struct LocalizationJudgement {
  Subject subject;  // its images are those of `list`
  Rules rules;      // thresholds: the one of the heat maps
  const data::BoxList* list = nullptr;
  LocatedList located;
  std::vector<metrics::LocalizationRow> search;  // what the threshold was chosen from
  std::vector<std::optional<Box>> predicted;     // of each located box: around the largest part
                                                 // above the threshold
  metrics::Localizations localizations;
  metrics::LocalizationEvaluation evaluation;
};

/// Chooses the threshold, on `val` where it has boxes, and scores the subject's boxes. Throws Error
/// when there is none, or more than 1 % of the images could not be read.
LocalizationJudgement judge(const Subject& subject, const data::BoxList& list, LocatedList located,
                            const LocatedList& val, const LocalizationRules& rules);

/// metrics.json (docs/explaining.md).
nlohmann::ordered_json metrics_of(const LocalizationJudgement& judgement);

/// Writes localization.csv, unreadable_SET.csv and last metrics.json into an existing folder.
void write_folder(const std::string& folder, const LocalizationJudgement& judgement);

}  // namespace evax::evaluation
