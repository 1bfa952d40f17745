#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/report/findings/comparison.h"

namespace evax::tasks {

enum class TableFormat { markdown, csv, svg };

struct TableOptions {
  std::vector<std::string> runs;      // FOLDER of a run or evaluation, NAME=FOLDER to name its row
  std::optional<TableFormat> format;  // as the output's ending says; Markdown for standard output
  report::Abscissa over = report::Abscissa::automatic;  // of a drawing
  std::string output;                                   // file to write; empty: standard output
};

/// `evax table`: the figures of finished runs and evaluations side by side. Folders that are not
/// finished are left out with a warning. Throws Error when none is finished or a file is damaged,
/// for an abscissa that is known of no run, and for one of what is no drawing.
void table(const TableOptions& options);

}  // namespace evax::tasks
