#include "evax/inference/prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/json.h"
#include "evax/core/json_text.h"

namespace evax::inference {

using Json = nlohmann::ordered_json;

Prediction prediction_of(const Item& item, std::span<const float> logits,
                         const weights::Metadata& metadata) {
  return {item.path,    item.info.format, item.width,
          item.height,  item.info.view,   findings_of(logits, metadata),
          item.warnings};
}

std::string to_text(const Prediction& prediction, bool logits) {
  std::string text = fmt::format(
      "{}  ({} {} x {}{})\n", printable(prediction.path), prediction.format, prediction.width,
      prediction.height, prediction.view.empty() ? "" : ", view " + printable(prediction.view));
  size_t width = 0;
  for (const Finding& finding : prediction.findings) width = std::max(width, finding.name.size());
  for (const Finding& finding : prediction.findings) {
    text += fmt::format("  {:<{}}  {:6.4f}", finding.name, width, finding.probability);
    if (finding.threshold) text += fmt::format("  threshold {:.2f}", *finding.threshold);
    if (logits) text += fmt::format("  logit {:+.6f}", finding.logit);
    text += finding.positive ? "  positive\n" : "\n";
  }
  for (const std::string& warning : prediction.warnings)
    text += fmt::format("  warning: {}\n", printable(warning));
  return text;
}

std::string to_json(const Prediction& prediction, bool logits) {
  Json classes = Json::object();
  for (const Finding& finding : prediction.findings) {
    Json& entry = add_new(classes, finding.name, Json::object());
    entry["probability"] = finding.probability;
    entry["threshold"] = finding.threshold ? Json(*finding.threshold) : Json();
    entry["positive"] = finding.positive;
    if (logits) entry["logit"] = finding.logit;
  }
  return json_text(Json{{"path", prediction.path},
                        {"classes", classes},
                        {"view", prediction.view.empty() ? Json() : Json(prediction.view)},
                        {"warnings", prediction.warnings}});
}

std::string csv_header(const std::vector<std::string>& classes, bool logits) {
  std::string line = "path";
  for (const std::string& name : classes) line += "," + csv_field("prob_" + name);
  for (const std::string& name : classes) line += "," + csv_field("positive_" + name);
  if (logits)
    for (const std::string& name : classes) line += "," + csv_field("logit_" + name);
  return line + ",view,warnings";
}

std::string to_csv(const Prediction& prediction, bool logits) {
  std::string line = csv_field(prediction.path);
  for (const Finding& finding : prediction.findings)
    line += fmt::format(",{:.6f}", finding.probability);
  for (const Finding& finding : prediction.findings) line += finding.positive ? ",1" : ",0";
  if (logits)
    for (const Finding& finding : prediction.findings) line += fmt::format(",{}", finding.logit);
  return line + "," + csv_field(prediction.view) + "," +
         csv_field(fmt::format("{}", fmt::join(prediction.warnings, "; ")));
}

}  // namespace evax::inference
