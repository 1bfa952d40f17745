#include "evax/tasks/model/convert.h"

#include <filesystem>
#include <mutex>
#include <set>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/core/thread_pool.h"
#include "evax/data/warnings.h"
#include "evax/image/read.h"
#include "evax/image/write.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/outcome.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

// One target per source, without two sources sharing one.
std::vector<std::string> targets_in(const std::string& folder,
                                    const std::vector<std::string>& sources) {
  std::vector<std::string> targets;
  std::set<std::string> taken;
  for (const std::string& source : sources) {
    const std::string stem = fs::path(source).stem().string();
    std::string name = stem + ".png";
    for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}.png", stem, n);
    targets.push_back((fs::path(folder) / name).string());
  }
  return targets;
}

}  // namespace

int convert(const ConvertOptions& options) {
  const auto sources = collect_images(options.images);
  const bool to_file = fs::path(options.output).extension() == ".png";
  if (to_file && sources.size() > 1)
    throw UsageError(fmt::format("{}: expected a folder for {} images, found a file name",
                                 options.output, sources.size()));
  const ResultFolder folder(to_file ? "" : options.output, sources);
  const auto targets = to_file ? std::vector{options.output} : targets_in(options.output, sources);

  ThreadPool pool(std::min(available_threads(), sources.size()));
  Progress progress("images", sources.size());
  Outcome outcome;
  data::WarningTally tally;
  std::mutex mutex;  // guards outcome
  pool.parallel_for(sources.size(), [&](size_t i, size_t) {
    const std::string error = attempt(sources[i], [&] {
      const auto radiograph = image::read(sources[i], options.reading);
      tally.add(sources[i], radiograph);
      image::write_png(targets[i], radiograph.image);
    });
    const std::lock_guard lock(mutex);
    outcome.count(error);
    progress.advance();
  });
  return outcome.exit_code();
}

}  // namespace evax::tasks
