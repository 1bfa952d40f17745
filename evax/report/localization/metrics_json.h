#pragma once

#include <nlohmann/json_fwd.hpp>

#include "evax/metrics/localization/evaluation.h"

namespace evax::report {

/// What metrics.json holds of a localisation (docs/explaining.md): `head` (model, data, protocol,
/// threshold, ...) and behind it the figures.
nlohmann::ordered_json metrics_json(const metrics::LocalizationEvaluation& evaluation,
                                    nlohmann::ordered_json head);

}  // namespace evax::report
