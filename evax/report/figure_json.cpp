#include "evax/report/figure_json.h"

#include <nlohmann/json.hpp>

namespace evax::report {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

void add_figure(Json& json, const std::string& name, const metrics::Figure& figure) {
  json[name] = json_of(figure.value);
  json[name + "_ci"] =
      figure.interval ? Json::array({figure.interval->low, figure.interval->high}) : Json();
}

}  // namespace evax::report
