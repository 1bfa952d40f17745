#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/report/finished_run.h"

namespace evax::report {

/// Finished runs and evaluations as a table: models in rows, data sets in columns; a segmentation
/// or a localisation has a column for each of its figures.
struct Comparison {
  struct Row {
    std::string name, architecture;
    std::optional<int64_t> parameters, macs;
    std::optional<double> pretraining_epochs;
  };
  struct Column {
    std::string data, figure;
  };
  /// One of a run's figures.
  struct Cell {
    FinishedRun run;
    size_t at;
    const RunFigure& figure() const { return run.figures[at]; }
  };

  std::vector<Row> rows;
  std::vector<Column> columns;
  std::vector<std::vector<std::optional<Cell>>> cells;  // [rows][columns]
  std::vector<std::string> notes;                       // sentences for the reader of the table
  std::vector<std::string> warnings;  // a sentence each: folders that are not finished
};

/// A folder, and the name of its row: given, or that of its model.
struct NamedFolder {
  std::string folder, name;
};

/// Reads the folders, in their order. Runs of one recipe with different seeds become one
/// (join_repeats). Those of one given name share a row, as do those of one model
/// file (its checksum). Test sets of one name with different checksums get a column
/// each, models of one name with different checksums a row each. Folders that are not finished are
/// left out with a warning. Throws Error when none is finished or a file is damaged.
Comparison compare_runs(const std::vector<NamedFolder>& folders);

/// For people: MACs and epochs of pre-training where any are known; a cell holds the figure with
/// its 95 % interval, or the mean ± standard deviation of repeats; † marks selection on the test
/// set.
std::string markdown(const Comparison& comparison);
/// For programs: a line for each run, blank where a value is undefined or not known.
std::string csv(const Comparison& comparison);
/// What a drawing sets the figures against.
enum class Abscissa { automatic, parameters, macs, epochs };

/// A panel for each column: points over parameters or MACs (the paper's Fig. 3a), or a line for
/// each architecture over the epochs of pre-training (Fig. 7). Automatic: over parameters where
/// these distinguish all models in it, else a row for each model. Models whose abscissa is not
/// known are left out and named; throws Error when that leaves none. A document of its own.
std::string svg(const Comparison& comparison, Abscissa abscissa = Abscissa::automatic);

/// Selected on the test set: the figure is too good.
inline bool is_too_good(const FinishedRun& run) { return run.protocol == "paper"; }
/// "0.824 [0.818, 0.830]", "0.824 ± 0.002 (3 runs) †", "–".
std::string shown(const Comparison::Cell& cell);

}  // namespace evax::report
