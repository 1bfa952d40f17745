#include "evax/data/corpus/settings.h"

#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json.h"
#include "evax/core/json_text.h"
#include "evax/core/text.h"

namespace evax::data {
namespace {

using Json = nlohmann::ordered_json;
constexpr int format = 1;

}  // namespace

bool CorpusSettings::takes_patients(const std::string& exclusion) const {
  const auto found = exclude.find(exclusion);
  return found == exclude.end() || found->second.patients;
}

CorpusSettings settings_of(const CorpusConfig& config, const CorpusPlan& plan, int size) {
  CorpusSettings settings;
  settings.size = size;
  settings.images = plan.images.names.size();
  settings.tests = plan.tests.names.size();
  settings.decide = {.test_distance = config.test_distance,
                     .identical = config.duplicates != "none",
                     .near = config.duplicates == "near_identical",
                     .duplicate_distance = config.duplicate_distance};
  for (const CorpusExclusion& exclusion : config.exclusions) {
    const auto named = plan.named.find(exclusion.name);
    settings.exclude[exclusion.name] = {exclusion.patients,
                                        named == plan.named.end() ? 0 : named->second};
  }
  return settings;
}

std::string to_text(const CorpusSettings& settings) {
  Json json{{"format", format},
            {"size", settings.size},
            {"images", settings.images},
            {"tests", settings.tests},
            {"test_distance", settings.decide.test_distance},
            {"identical", settings.decide.identical},
            {"near_identical", settings.decide.near},
            {"duplicate_distance", settings.decide.duplicate_distance},
            {"exclude", Json::object()}};
  for (const auto& [name, exclusion] : settings.exclude)
    json["exclude"][name] = {{"patients", exclusion.patients}, {"named", exclusion.named}};
  return json_text(json, 1) + "\n";
}

CorpusSettings read_settings(const std::string& path) {
  const auto json = read_json(path);
  CorpusSettings settings;
  try {
    if (json.at("format").get<int>() != format)
      fail("{}: expected a corpus of format {}, found {}", path, format, shown(json["format"]));
    settings.size = json.at("size").get<int>();
    settings.images = json.at("images").get<size_t>();
    settings.tests = json.at("tests").get<size_t>();
    settings.decide = {.test_distance = json.at("test_distance").get<int>(),
                       .identical = json.at("identical").get<bool>(),
                       .near = json.at("near_identical").get<bool>(),
                       .duplicate_distance = json.at("duplicate_distance").get<int>()};
    for (const auto& [name, entry] : json.at("exclude").items())
      settings.exclude[name] = {entry.at("patients").get<bool>(), entry.at("named").get<size_t>()};
  } catch (const Json::exception&) {
    fail("{}: expected the settings of a corpus (evax data pack), found something else", path);
  }
  for (const int distance : {settings.decide.test_distance, settings.decide.duplicate_distance})
    if (distance < 0 || distance > largest_distance)
      fail("{}: expected distances from 0 to {}, found {}", path, largest_distance, distance);
  return settings;
}

}  // namespace evax::data
