#include "evax/tasks/compare/compare.h"

#include <filesystem>

#include "evax/core/log.h"
#include "evax/report/figure_json.h"
#include "evax/report/finished_run.h"
#include "evax/report/segmentation/predictions_file.h"
#include "evax/tasks/compare/compared.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/data/data_source.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using metrics::Difference;

Side find_side(const std::string& source) {
  const fs::path folder =
      fs::is_directory(source) ? fs::path(source) : fs::path(source).parent_path();
  const fs::path path = fs::is_directory(source) ? folder / "predictions.csv" : fs::path(source);
  if (!fs::exists(path))
    fail("{}: expected a predictions.csv, as evax evaluate -o writes it, found none", source);
  Side side{source, path.string(), ""};
  if (const auto run = report::read_finished_run(folder.empty() ? "." : folder.string()))
    side.protocol = run->protocol;
  if (side.protocol == "paper")
    warn(source + ": its best epoch was chosen on this test set, so its figures are too good");
  return side;
}

Compared compare_sides(const Side& a, const Side& b, const metrics::BootstrapOptions& options) {
  const bool masks = report::holds_masks(a.file);
  if (masks != report::holds_masks(b.file)) {
    constexpr const char* names[] = {"a classifier's", "a segmentation model's"};
    fail("{} and {}: expected predictions of one kind, found {} and {}", a.source, b.source,
         names[masks ? 1 : 0], names[masks ? 0 : 1]);
  }
  return masks ? compare_masks(a, b, options) : compare_findings(a, b, options);
}

const char* unit_of(const Compared& compared) {
  return compared.images.by_patient ? "patient" : "image";
}

Json json_of(const Side& side) {
  return {{"source", side.source},
          {"protocol", side.protocol.empty() ? Json() : Json(side.protocol)}};
}

Json json_of(const Side& a, const Side& b, const Compared& compared,
             const CompareOptions& options) {
  const metrics::ComparedImages& images = compared.images;
  Json json{{"a", json_of(a)},
            {"b", json_of(b)},
            {"n", images.images},
            {"patients", images.by_patient ? Json(images.patients) : Json()},
            {"bootstrap",
             {{"draws", options.draws}, {"seed", options.seed}, {"unit", unit_of(compared)}}}};
  json.update(compared.json);
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
  return {printable(name), number(difference.a), number(difference.b), change,
          tiny ? "<0.001" : number(difference.p)};
}

std::string table_of(const Side& a, const Side& b, const Compared& compared,
                     const CompareOptions& options) {
  std::vector<std::vector<std::string>> rows{{"", "A", "B", "B - A (95 %)", "p"}};
  for (const auto& [name, difference] : compared.rows) rows.push_back(row_of(name, difference));

  const metrics::ComparedImages& images = compared.images;
  std::string text = fmt::format("A: {}\nB: {}\n{} images", printable(a.source),
                                 printable(b.source), images.images);
  if (images.by_patient) text += fmt::format(" of {} patients", images.patients);
  text += "\n\n" + aligned(rows) + "\n";
  text += options.draws == 0
              ? "intervals: none, --draws 0\n"
              : fmt::format("intervals: 95 %, paired bootstrap, {} draws of {}s, seed {}\n",
                            options.draws, unit_of(compared), options.seed);
  for (const std::string& note : compared.notes) text += note + "\n";
  return text;
}

}  // namespace

Json difference_json(const Difference& difference, const char* test) {
  const auto& interval = difference.interval;
  return {{"a", report::json_of(difference.a)},
          {"b", report::json_of(difference.b)},
          {"difference", report::json_of(difference.difference)},
          {"difference_ci", interval ? Json::array({interval->low, interval->high}) : Json()},
          {"p", report::json_of(difference.p)},
          {"test", test}};
}

void compare(const CompareOptions& options) {
  const Side a = find_side(options.a);
  const Side b = find_side(options.b);
  const Compared compared =
      compare_sides(a, b, {options.draws, options.seed, threads_of(options.threads)});
  Output output("");
  output.write(options.json ? shown(json_of(a, b, compared, options))
                            : table_of(a, b, compared, options));
  output.commit();
}

}  // namespace evax::tasks
