#include "evax/data/corpus/report.h"

#include <nlohmann/json.hpp>

#include "evax/data/corpus/plan.h"

namespace evax::data {

nlohmann::ordered_json to_json(const CorpusReport& report) {
  using Json = nlohmann::ordered_json;
  Json json{{"images", report.images}, {"patients", report.patients}, {"size", report.size},
            {"mean", report.mean},     {"std", report.std},           {"sources", Json::object()},
            {"tests", Json::object()}};
  for (const CorpusReport::Source& source : report.sources) {
    Json& entry = json["sources"][source.name];
    entry = {{"listed", source.listed},
             {"kept", source.kept},
             {"without_view", source.without_view},
             {"excluded", Json::object()}};
    for (const char* reason : exclusion_reasons) {
      const auto count = source.excluded.find(reason);
      if (count != source.excluded.end()) entry["excluded"][reason] = count->second;
    }
  }
  for (const auto& [name, tests] : report.tests)
    json["tests"][name] = {
        {"named", tests.named}, {"compared", tests.compared}, {"absent", tests.absent}};
  return json;
}

}  // namespace evax::data
