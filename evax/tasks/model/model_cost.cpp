#include "evax/tasks/model/model_cost.h"

#include <fmt/format.h>

#include "evax/weights/cost.h"

namespace evax::tasks {

using Json = nlohmann::ordered_json;

Json describe_cost(const weights::ModelConfig& config) {
  Json stages;
  for (const auto& stage : cost_by_stage(config))
    stages[stage.name] = {{"parameters", stage.parameters},
                          {"macs", static_cast<int64_t>(stage.macs)}};
  return {{"macs", static_cast<int64_t>(macs_per_image(config))}, {"stages", stages}};
}

std::string cost_table(const weights::ModelConfig& config) {
  const auto line = [](const std::string& name, const auto& parameters, const auto& gmacs) {
    return fmt::format("  {:<12}  {:>11}  {:>8}\n", name, parameters, gmacs);
  };
  const auto giga = [](double macs) { return fmt::format("{:.3f}", macs / 1e9); };
  std::string text = fmt::format("one image of {0} x {0} pixels:\n", config.image_size) +
                     line("stage", "parameters", "GMACs");
  weights::StageCost sum{"sum"};
  for (const auto& stage : cost_by_stage(config)) {
    text += line(stage.name, stage.parameters, giga(stage.macs));
    sum.parameters += stage.parameters;
    sum.macs += stage.macs;
  }
  return text + line(sum.name, sum.parameters, giga(sum.macs));
}

}  // namespace evax::tasks
