#include "evax/report/findings/comparison.h"

#include <algorithm>
#include <set>

#include "evax/core/error.h"
#include "evax/report/repeats.h"

namespace evax::report {
namespace {

// Places runs in rows and columns.
class Builder {
 public:
  void add(FinishedRun run, const std::string& name) {
    if (!name.empty()) run.model = name;
    std::vector<size_t> columns;
    for (const RunFigure& figure : run.figures) columns.push_back(column_of(run, figure.name));
    const std::string model = !name.empty()              ? "name " + name
                              : run.model_sha256.empty() ? "folder " + run.folder
                                                         : "sha256 " + run.model_sha256;
    size_t row = row_of(run, model);
    const bool taken = std::any_of(columns.begin(), columns.end(),
                                   [&](size_t column) { return cells()[row][column].has_value(); });
    if (taken) row = row_of(run, fmt::format("{} {}", model, ++again_));
    complete(comparison_.rows[row], run);
    for (size_t i = 0; i < columns.size(); ++i) cells()[row][columns[i]] = Comparison::Cell{run, i};
  }

  Comparison finish() {
    tell_rows_apart();
    tell_columns_apart();
    return std::move(comparison_);
  }

 private:
  std::vector<std::vector<std::optional<Comparison::Cell>>>& cells() { return comparison_.cells; }

  size_t row_of(const FinishedRun& run, const std::string& model) {
    const auto found = std::find(models_.begin(), models_.end(), model);
    if (found != models_.end()) return static_cast<size_t>(found - models_.begin());
    models_.push_back(model);
    folders_.push_back(run.folder);
    comparison_.rows.push_back({run.model, run.architecture, {}, {}, {}});
    cells().emplace_back(comparison_.columns.size());
    return models_.size() - 1;
  }

  static void complete(Comparison::Row& row, const FinishedRun& run) {
    if (!row.parameters) row.parameters = run.parameters;
    if (!row.macs) row.macs = run.macs;
    if (!row.pretraining_epochs) row.pretraining_epochs = run.pretraining_epochs;
  }

  size_t column_of(const FinishedRun& run, const std::string& figure) {
    for (size_t c = 0; c < comparison_.columns.size(); ++c) {
      const Comparison::Column& column = comparison_.columns[c];
      if (column.data == run.data && column.figure == figure && hashes_[c] == run.data_sha256)
        return c;
    }
    comparison_.columns.push_back({run.data, figure});
    hashes_.push_back(run.data_sha256);
    for (auto& row : cells()) row.emplace_back();
    return hashes_.size() - 1;
  }

  void tell_rows_apart() {
    std::multiset<std::string> names;
    for (const auto& row : comparison_.rows) names.insert(row.name);
    for (size_t r = 0; r < folders_.size(); ++r) {
      std::string& name = comparison_.rows[r].name;
      if (names.count(name) > 1) name += " (" + folders_[r] + ")";
    }
  }

  void tell_columns_apart() {
    std::multiset<std::string> names;
    for (const auto& column : comparison_.columns) names.insert(column.data + '\n' + column.figure);
    std::set<std::string> told, told_unknown;
    for (size_t c = 0; c < hashes_.size(); ++c) {
      Comparison::Column& column = comparison_.columns[c];
      const std::string data = column.data;
      if (names.count(data + '\n' + column.figure) > 1) {
        column.data +=
            hashes_[c].empty() ? " [checksum not known]" : " [" + hashes_[c].substr(0, 8) + "]";
        if (told.insert(data).second)
          comparison_.notes.push_back(
              fmt::format("Test sets called {} differ (checksums in brackets): do not compare "
                          "figures of different columns.",
                          data));
      }
      if (hashes_[c].empty() && filled(c) > 1 && told_unknown.insert(data).second)
        comparison_.notes.push_back(fmt::format(
            "No checksum of {} is known: its figures may belong to different images.", data));
    }
  }

  size_t filled(size_t column) {
    return static_cast<size_t>(std::count_if(
        cells().begin(), cells().end(), [&](const auto& row) { return row[column].has_value(); }));
  }

  Comparison comparison_;
  size_t again_ = 0;                           // figures whose cell was taken
  std::vector<std::string> models_, folders_;  // of the rows
  std::vector<std::string> hashes_;            // of the columns' test sets
};

}  // namespace

Comparison compare_runs(const std::vector<NamedFolder>& folders) {
  std::vector<NamedRun> runs;
  std::vector<std::string> warnings;
  for (const auto& [folder, name] : folders) {
    if (auto run = read_finished_run(folder))
      runs.push_back({std::move(*run), name});
    else
      warnings.push_back(
          folder + ": left out, no finished training on findings or masks, nor an evaluation");
  }
  if (runs.empty())
    fail("expected a finished run or evaluation with metrics.json or summary.json, found none: {}",
         fmt::join(warnings, "; "));
  Builder builder;
  bool any_too_good = false;
  for (NamedRun& named : join_repeats(std::move(runs))) {
    any_too_good = any_too_good || is_too_good(named.run);
    builder.add(std::move(named.run), named.name);
  }
  Comparison comparison = builder.finish();
  if (any_too_good)
    comparison.notes.emplace_back(
        "† The best epoch, or the threshold of heat maps, was selected on the test set itself "
        "(protocol \"paper\"): too good.");
  comparison.warnings = std::move(warnings);
  return comparison;
}

}  // namespace evax::report
