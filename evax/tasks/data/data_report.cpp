#include "evax/tasks/data/data_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"

namespace evax::tasks {

using Json = nlohmann::ordered_json;

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      text += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                     : fmt::format("  {:>{}}", row[i], widths[i]);
    text += '\n';
  }
  return text;
}

std::string label_table(const std::vector<std::string>& classes,
                        const std::vector<std::string>& lists,
                        const std::vector<data::Summary>& summaries) {
  if (classes.empty()) return {};
  std::vector<std::vector<std::string>> rows{{"class"}};
  rows[0].insert(rows[0].end(), lists.begin(), lists.end());
  for (size_t i = 0; i < classes.size(); ++i) {
    auto& row = rows.emplace_back(1, printable(classes[i]));
    for (const data::Summary& summary : summaries) {
      const data::LabelCount& count = summary.labels[i];
      row.push_back(count.uncertain == 0
                        ? fmt::format("{}", count.positive)
                        : fmt::format("{} ({} uncertain)", count.positive, count.uncertain));
    }
  }
  return aligned(rows);
}

Json to_json(const data::Summary& summary, const std::vector<std::string>& classes) {
  Json json{{"images", summary.images},
            {"patients", summary.patients},
            {"without_patient", summary.without_patient},
            {"classes", Json::object()}};
  for (size_t i = 0; i < classes.size(); ++i)
    json["classes"][classes[i]] = {{"positive", summary.labels[i].positive},
                                   {"negative", summary.labels[i].negative},
                                   {"uncertain", summary.labels[i].uncertain}};
  return json;
}

std::string shown(const Json& json) { return json_text(json, 2) + "\n"; }

void tell_unreadable(const std::vector<std::pair<std::string, std::string>>& unreadable) {
  constexpr size_t most = 10;
  for (size_t i = 0; i < std::min(most, unreadable.size()); ++i)
    note("error: " + unreadable[i].second);
  if (unreadable.size() > most)
    note(fmt::format("... and {} more that cannot be read", unreadable.size() - most));
}

}  // namespace evax::tasks
