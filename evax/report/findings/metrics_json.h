#pragma once

#include <nlohmann/json_fwd.hpp>

#include "evax/metrics/findings/evaluation.h"

namespace evax::report {

/// What metrics.json holds (docs/evaluation.md): `head` (model, data, protocol, ...) and behind it
/// the figures of the evaluation. Undefined values and their intervals are null.
nlohmann::ordered_json metrics_json(const metrics::Evaluation& evaluation,
                                    nlohmann::ordered_json head);

}  // namespace evax::report
