#pragma once

#include <nlohmann/json_fwd.hpp>

#include "evax/metrics/segmentation/evaluation.h"

namespace evax::report {

/// What metrics.json holds of a segmentation (docs/evaluation.md): `head` (model, data, protocol,
/// thresholds, ...) and behind it the figures. Undefined values and their intervals are null.
nlohmann::ordered_json metrics_json(const metrics::SegmentationEvaluation& evaluation,
                                    nlohmann::ordered_json head);

}  // namespace evax::report
