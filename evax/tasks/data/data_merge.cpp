#include "evax/tasks/data/data_merge.h"

#include <fmt/format.h>

#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/data/corpus/merge.h"
#include "evax/data/corpus/plan.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/data/data_source.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

using data::CorpusReport;
using Source = CorpusReport::Source;

size_t count_of(const Source& source, const char* reason) {
  const auto found = source.excluded.find(reason);
  return found == source.excluded.end() ? 0 : found->second;
}

Source total_of(const std::vector<Source>& sources) {
  Source total;
  total.name = "total";
  for (const Source& source : sources) {
    total.listed += source.listed;
    total.kept += source.kept;
    for (const auto& [reason, count] : source.excluded) total.excluded[reason] += count;
  }
  return total;
}

// A column for every reason that excluded anything.
std::string source_table(const CorpusReport& report) {
  std::vector<Source> sources = report.sources;
  sources.push_back(total_of(report.sources));
  std::vector<std::vector<std::string>> rows{{"source", "listed"}};
  for (const Source& source : sources)
    rows.push_back({source.name, fmt::format("{}", source.listed)});
  for (const char* reason : data::exclusion_reasons) {
    if (count_of(sources.back(), reason) == 0) continue;
    rows[0].emplace_back(reason);
    for (size_t i = 0; i < sources.size(); ++i)
      rows[i + 1].push_back(fmt::format("{}", count_of(sources[i], reason)));
  }
  rows[0].emplace_back("kept");
  for (size_t i = 0; i < sources.size(); ++i)
    rows[i + 1].push_back(fmt::format("{}", sources[i].kept));
  return aligned(rows);
}

std::string test_table(const CorpusReport& report) {
  if (report.tests.empty()) return {};
  std::vector<std::vector<std::string>> rows{{"test images", "on lists", "compared", "absent"}};
  for (const auto& [name, tests] : report.tests)
    rows.push_back({name, fmt::format("{}", tests.named), fmt::format("{}", tests.compared),
                    fmt::format("{}", tests.absent)});
  return "\n" + aligned(rows);
}

std::string to_text(const CorpusReport& report) {
  const std::string size =
      report.size == 0 ? "of their own sizes" : fmt::format("{0} x {0}", report.size);
  return source_table(report) + test_table(report) +
         fmt::format("\n{} images of {} known patients, {}\n  mean {:.6f}\n  std  {:.6f}\n",
                     report.images, report.patients, size, report.mean, report.std);
}

void tell_doubts(const CorpusReport& report) {
  for (const Source& source : report.sources)
    if (source.without_view > 0)
      note(fmt::format("{}: {} images without a view are taken as frontal", source.name,
                       source.without_view));
  for (const auto& [name, tests] : report.tests)
    if (tests.named + tests.compared == 0)
      warn(fmt::format("{}: none of its test images is in a source or could be compared", name));
}

}  // namespace

int data_merge(const DataMergeOptions& options) {
  const CorpusReport report = data::merge_corpus(options.folder, threads_of(options.threads));
  Output output("");
  output.write(to_text(report));
  output.commit();
  tell_doubts(report);
  const bool all_read =
      std::all_of(report.sources.begin(), report.sources.end(),
                  [](const Source& source) { return count_of(source, data::unreadable) == 0; });
  return all_read ? 0 : 3;
}

}  // namespace evax::tasks
