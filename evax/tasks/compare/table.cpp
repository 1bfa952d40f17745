#include "evax/tasks/compare/table.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/report/findings/comparison.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

// A folder may itself be called "lr=0.1"; names of rows hold no slash, so that "runs/lr=0.1" is
// never taken for one.
report::NamedFolder named_folder(const std::string& run) {
  const size_t equals = run.find('=');
  if (equals == std::string::npos || run.find('/') < equals || fs::is_directory(run))
    return {run, ""};
  if (equals == 0 || equals + 1 == run.size())
    fail("{}: expected FOLDER or NAME=FOLDER, found an empty one", run);
  return {run.substr(equals + 1), run.substr(0, equals)};
}

TableFormat format_of(const std::string& output) {
  if (output.empty() || output == "-") return TableFormat::markdown;
  const std::string ending = fs::path(output).extension();
  if (ending == ".md") return TableFormat::markdown;
  if (ending == ".csv") return TableFormat::csv;
  if (ending == ".svg") return TableFormat::svg;
  fail("{}: expected the ending .md, .csv or .svg, or --format", output);
}

std::string written(const report::Comparison& comparison, TableFormat format,
                    report::Abscissa over) {
  switch (format) {
    case TableFormat::csv: return csv(comparison);
    case TableFormat::svg: return svg(comparison, over);
    case TableFormat::markdown: break;
  }
  return markdown(comparison);
}

}  // namespace

void table(const TableOptions& options) {
  const TableFormat format = options.format ? *options.format : format_of(options.output);
  if (options.over != report::Abscissa::automatic && format != TableFormat::svg)
    fail("expected --over with a drawing (-o NAME.svg or --format svg), found it with a table");
  std::vector<report::NamedFolder> folders;
  for (const std::string& run : options.runs) folders.push_back(named_folder(run));
  for (const report::NamedFolder& run : folders) protect_input(run.folder);
  const report::Comparison comparison = report::compare_runs(folders);
  for (const std::string& warning : comparison.warnings) warn(warning);

  Output output(options.output);
  output.write(written(comparison, format, options.over));
  output.commit();
}

}  // namespace evax::tasks
