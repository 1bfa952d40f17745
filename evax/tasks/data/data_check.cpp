#include "evax/tasks/data/data_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/data/check.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;
using data::CheckResult;
using data::ListCheck;
using data::PairCheck;
using data::Twin;

constexpr size_t examples = 5;

Json json_of(const std::vector<Twin>& twins) {
  Json json = Json::array();
  for (const Twin& twin : twins)
    json.push_back({{"path", twin.path}, {"other", twin.other}, {"distance", twin.distance}});
  return json;
}

Json repeats_json(const std::vector<Twin>& twins) {
  Json json = Json::array();
  for (const Twin& twin : twins)
    json.push_back(
        {{"path", twin.path}, {"other", twin.other}, {"opposite_labels", twin.opposite}});
  return json;
}

Json json_of(const CheckResult& result) {
  Json json{{"leak", result.leaks()}, {"lists", Json::array()}, {"pairs", Json::array()}};
  for (const ListCheck& list : result.lists) {
    Json entry{{"name", list.name}, {"source", list.source}};
    entry.update(to_json(list.summary, result.classes));
    entry["columns"] = list.meta;
    entry["absent_classes"] = list.absent_classes;
    entry["missing"] = list.missing;
    entry["unreadable"] = Json::array();
    for (const auto& [path, reason] : list.unreadable)
      entry["unreadable"].push_back({{"path", path}, {"reason", reason}});
    entry["constant"] = list.constant;
    entry["repeated"] = repeats_json(list.repeated);
    entry["copies"] = repeats_json(list.copies);
    entry["shared_names"] = Json::array();
    for (const data::SharedName& shared : list.shared_names)
      entry["shared_names"].push_back({{"name", shared.name}, {"paths", shared.paths}});
    json["lists"].push_back(entry);
  }
  for (const PairCheck& pair : result.pairs)
    json["pairs"].push_back({{"lists", {pair.name, pair.other}},
                             {"patients", pair.patients},
                             {"identical", json_of(pair.identical)},
                             {"near_identical", json_of(pair.near_identical)}});
  return json;
}

// "train: 3 missing images" and the first few, a line each.
std::string finding(const std::string& what, const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string text = fmt::format("{}: {}\n", what, items.size());
  for (size_t i = 0; i < std::min(examples, items.size()); ++i)
    text += fmt::format("  {}\n", printable(items[i]));
  if (items.size() > examples) text += fmt::format("  ... (--json has all)\n");
  return text;
}

std::vector<std::string> lines_of(const std::vector<Twin>& twins) {
  std::vector<std::string> lines;
  for (const Twin& twin : twins)
    lines.push_back(fmt::format("{} = {}{}", twin.path, twin.other,
                                twin.opposite ? ", with opposite labels" : ""));
  return lines;
}

std::vector<std::string> lines_of(const std::vector<data::SharedName>& names) {
  std::vector<std::string> lines;
  for (const data::SharedName& shared : names)
    lines.push_back(fmt::format("{}: {} files, {} and {}{}", shared.name, shared.paths.size(),
                                shared.paths[0], shared.paths[1],
                                shared.paths.size() > 2 ? ", ..." : ""));
  return lines;
}

std::string to_text(const CheckResult& result) {
  std::vector<std::vector<std::string>> rows{
      {"list", "images", "patients", "missing", "unreadable", "constant"}};
  std::vector<std::string> names;
  std::vector<data::Summary> summaries;
  for (const ListCheck& list : result.lists) {
    names.push_back(list.name);
    summaries.push_back(list.summary);
    auto& row = rows.emplace_back(1, list.name);
    for (const size_t number : {list.summary.images, list.summary.patients, list.missing.size(),
                                list.unreadable.size(), list.constant.size()})
      row.push_back(fmt::format("{}", number));
  }
  std::string text = aligned(rows);
  if (!result.classes.empty()) text += "\n" + label_table(result.classes, names, summaries);
  for (const ListCheck& list : result.lists)
    if (!list.meta.empty())
      text += fmt::format("\n{}: columns kept as they are: {}\n", list.name,
                          printable(fmt::format("{}", fmt::join(list.meta, ", "))));

  std::string findings;
  for (const ListCheck& list : result.lists) {
    std::vector<std::string> unreadable;
    for (const auto& entry : list.unreadable) unreadable.push_back(entry.second);
    findings += finding(list.name + ": missing files", list.missing);
    findings += finding(list.name + ": unreadable files", unreadable);
    findings += finding(list.name + ": constant images", list.constant);
    findings += finding(list.name + ": images listed again", lines_of(list.repeated));
    findings += finding(list.name + ": copies of an image", lines_of(list.copies));
    findings += finding(list.name + ": names of several files", lines_of(list.shared_names));
    findings +=
        finding(list.name + ": classes without a positive or a negative", list.absent_classes);
  }
  for (const PairCheck& pair : result.pairs) {
    const std::string both = fmt::format("{} and {}: ", pair.name, pair.other);
    findings += finding(both + "patients in both", pair.patients);
    findings += finding(both + "identical images", lines_of(pair.identical));
    findings += finding(both + "nearly identical images", lines_of(pair.near_identical));
  }
  return text + (findings.empty() ? "\nnothing to complain about\n" : "\n" + findings);
}

}  // namespace

int data_check(const DataCheckOptions& options) {
  const data::DataConfig config = read_source(options.source);
  const CheckResult result = check(load_as_given(config), threads_of(options.threads));
  Output output("");
  output.write(options.json ? shown(json_of(result)) : to_text(result));
  output.commit();
  if (result.leaks()) {
    const bool allowed = config.allow_leak;
    note(fmt::format("{}: a patient or an image is in two lists{}", allowed ? "warning" : "error",
                     allowed ? "" : " (allow_leak = true lets it pass)"));
    if (!allowed) return 1;
  }
  if (result.contradictions() > 0) {
    note("error: an image is in one list twice, with opposite labels");
    return 1;
  }
  return result.broken() > 0 ? 3 : 0;
}

}  // namespace evax::tasks
