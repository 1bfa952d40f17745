#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "evax/metrics/findings/evaluation.h"

namespace evax::report {

/// null where it is undefined.
nlohmann::ordered_json json_of(const std::optional<double>& value);

/// Sets NAME and NAME_ci: [low, high].
void add_figure(nlohmann::ordered_json& json, const std::string& name,
                const metrics::Figure& figure);

}  // namespace evax::report
