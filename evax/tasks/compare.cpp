#include "evax/tasks/compare.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/metrics/compare.h"
#include "evax/report/finished_run.h"
#include "evax/report/predictions_file.h"
#include "evax/tasks/data_report.h"
#include "evax/tasks/data_source.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using metrics::Comparison;
using metrics::Difference;

/// What one model gave for the test set.
struct Side {
  std::string source;    // as a person wrote it
  std::string protocol;  // of the metrics.json beside the predictions; empty where there is none
  metrics::Predictions predictions;
};

Side read_side(const std::string& source) {
  const fs::path folder =
      fs::is_directory(source) ? fs::path(source) : fs::path(source).parent_path();
  const fs::path path = fs::is_directory(source) ? folder / "predictions.csv" : fs::path(source);
  if (!fs::exists(path))
    fail("{}: expected a predictions.csv, as evax evaluate -o writes it, found none", source);
  Side side{source, "", report::read_predictions(path)};
  if (const auto run = report::read_finished_run(folder.empty() ? "." : folder.string()))
    side.protocol = run->protocol;
  if (side.protocol == "paper")
    warn(source + ": its best epoch was chosen on this test set, which makes its figures too good");
  return side;
}

Comparison compare_sides(const Side& a, const Side& b, const metrics::BootstrapOptions& options) {
  try {
    return metrics::compare(a.predictions, b.predictions, options);
  } catch (const Error& error) {
    fail("{} and {}: {}", a.source, b.source, error.what());
  }
}

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json json_of(const Difference& difference, const char* test) {
  const auto& interval = difference.interval;
  return {{"a", json_of(difference.a)},
          {"b", json_of(difference.b)},
          {"difference", json_of(difference.difference)},
          {"difference_ci", interval ? Json::array({interval->low, interval->high}) : Json()},
          {"p", json_of(difference.p)},
          {"test", test}};
}

Json json_of(const Side& side) {
  return {{"source", side.source},
          {"protocol", side.protocol.empty() ? Json() : Json(side.protocol)}};
}

const char* unit_of(const Comparison& comparison) {
  return comparison.by_patient ? "patient" : "image";
}

Json json_of(const Side& a, const Side& b, const Comparison& comparison,
             const CompareOptions& options) {
  constexpr const char* bootstrap = "paired bootstrap";
  Json json{{"a", json_of(a)},
            {"b", json_of(b)},
            {"n", comparison.images},
            {"patients", comparison.by_patient ? Json(comparison.patients) : Json()},
            {"bootstrap",
             {{"draws", options.draws}, {"seed", options.seed}, {"unit", unit_of(comparison)}}},
            {"mean_auc", json_of(comparison.mean_auc, bootstrap)},
            {"accuracy", json_of(comparison.accuracy, bootstrap)},
            {"classes", Json::object()}};
  for (const metrics::ClassDifference& c : comparison.classes)
    json["classes"][c.name]["auc"] = json_of(c.auc, "DeLong");
  return json;
}

std::vector<std::string> row_of(const std::string& name, const Difference& difference) {
  const auto number = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.3f}", *value) : "-";
  };
  std::string change = difference.difference ? fmt::format("{:+.3f}", *difference.difference) : "-";
  if (difference.interval)
    change +=
        fmt::format(" ({:+.3f} to {:+.3f})", difference.interval->low, difference.interval->high);
  const bool tiny = difference.p && *difference.p < 0.001;
  return {name, number(difference.a), number(difference.b), change,
          tiny ? "<0.001" : number(difference.p)};
}

std::string table_of(const Side& a, const Side& b, const Comparison& comparison,
                     const CompareOptions& options) {
  std::vector<std::vector<std::string>> rows{{"", "A", "B", "B - A (95 %)", "p"}};
  rows.push_back(row_of("mean AUC", comparison.mean_auc));
  if (a.predictions.exclusive) rows.push_back(row_of("accuracy (top-1)", comparison.accuracy));
  for (const metrics::ClassDifference& c : comparison.classes)
    rows.push_back(row_of("AUC " + printable(c.name), c.auc));

  std::string text = fmt::format("A: {}\nB: {}\n{} images", printable(a.source),
                                 printable(b.source), comparison.images);
  if (comparison.by_patient) text += fmt::format(" of {} patients", comparison.patients);
  text += "\n\n" + aligned(rows) + "\n";
  text += options.draws == 0
              ? "intervals: none, --draws 0\n"
              : fmt::format("intervals: 95 %, paired bootstrap, {} draws of {}s, seed {}\n",
                            options.draws, unit_of(comparison), options.seed);
  text +=
      "p: two-sided, not corrected for the number of rows; AUC of a class: DeLong's test, "
      "otherwise: the paired bootstrap\n";
  if (metrics::cluster_by_patient(a.predictions.patients, a.predictions.size()).count <
      a.predictions.size())
    text +=
        "note: DeLong's test takes images as independent; here some patients have several, which "
        "can make its p too small: trust the intervals\n";
  return text;
}

}  // namespace

void compare(const CompareOptions& options) {
  const Side a = read_side(options.a);
  const Side b = read_side(options.b);
  const Comparison comparison =
      compare_sides(a, b, {options.draws, options.seed, threads_of(options.threads)});
  Output output("");
  output.write(options.json ? shown(json_of(a, b, comparison, options))
                            : table_of(a, b, comparison, options));
  output.commit();
}

}  // namespace evax::tasks
