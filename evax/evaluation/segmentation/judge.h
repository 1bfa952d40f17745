#pragma once

#include <span>

#include "evax/evaluation/judge.h"
#include "evax/inference/segmentation.h"
#include "evax/metrics/segmentation/evaluation.h"
#include "evax/report/page_frame.h"

namespace evax::evaluation {

/// What a network marked on the X-rays of a list, measured at their own size.
struct SegmentedList {
  std::vector<uint32_t> samples;              // [n], in the order they were asked for
  std::vector<metrics::ImageFigures> images;  // [n]
  std::string distance_unit = "px";           // of their hd95; "mm" where every pixel size is known
  std::vector<std::pair<std::string, std::string>> unreadable;  // path, reason
};

/// Runs the network over these samples, one X-ray at a time; what cannot be read is warned about
/// and left out. `thresholds`: one per class.
SegmentedList segment_list(const data::Dataset& dataset, std::span<const uint32_t> samples,
                           const weights::Preprocess& preprocess,
                           const inference::SegmentationNetwork& network,
                           std::span<const double> thresholds);

/// For each class the threshold of the largest Dice over all pixels of the list, 0.5 for a class
/// that is nowhere (metrics::ThresholdSearch). Throws Error when more than 1 % cannot be read.
std::vector<double> choose_mask_thresholds(const data::Dataset& validation,
                                           const weights::Preprocess& preprocess,
                                           const inference::SegmentationNetwork& network);

/// The figures of a model that segments on a list, and what they were made from.
struct SegmentationJudgement {
  Subject subject;
  Rules rules;
  SegmentedList list;
  metrics::Segmentations segmentations;
  metrics::SegmentationEvaluation evaluation;
};

/// Judges what was marked on the subject's images with rules.thresholds. Throws Error when more
/// than 1 % of them could not be read.
SegmentationJudgement judge(const Subject& subject, SegmentedList list, const Rules& rules);

/// "Dice 0.9312 (95 % 0.9200-0.9410), Jaccard 0.8712 (...), 14 images": for people and provenance.
std::string sentence_of(const metrics::SegmentationEvaluation& evaluation);

/// metrics.json; `more` is put into its head.
nlohmann::ordered_json metrics_of(const SegmentationJudgement& judgement,
                                  const nlohmann::ordered_json& more = {});

/// Writes predictions.csv, unreadable_SET.csv, report.html with the best, median and worst X-ray of
/// each class, and last metrics.json; `more` is put into its head.
void write_folder(const std::string& folder, const SegmentationJudgement& judgement,
                  const inference::SegmentationNetwork& network,
                  const nlohmann::ordered_json& more = {},
                  std::vector<report::TrainingCurves> training = {});

}  // namespace evax::evaluation
