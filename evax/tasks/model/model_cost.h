#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "evax/weights/config.h"

namespace evax::tasks {

/// {"macs": of one image, "stages": {NAME: {"parameters", "macs"}}}: weights/cost.h.
nlohmann::ordered_json describe_cost(const weights::ModelConfig& config);

/// The same for people: a line for each stage and one for their sum.
std::string cost_table(const weights::ModelConfig& config);

}  // namespace evax::tasks
