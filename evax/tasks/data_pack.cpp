#include "evax/tasks/data_pack.h"

#include <fmt/format.h>

#include <filesystem>

#include "evax/data/dataset.h"
#include "evax/data/shards/read.h"
#include "evax/tasks/outcome.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

std::string summary(const std::string& folder, const data::PackResult& result) {
  std::string text = fmt::format("{}: {} images packed", folder, result.packed);
  if (result.kept > 0) text += fmt::format(", {} were there already", result.kept);
  if (!result.failed.empty())
    text += fmt::format(", {} could not be read ({}/failed.csv)", result.failed.size(), folder);
  return text + "\n";
}

}  // namespace

int data_pack(const DataPackOptions& options) {
  const data::DataConfig config = read_source(options.source);
  const data::Splits lists = data::read_lists(config);
  Outcome outcome;
  std::string text;
  for (const auto& [name, list] :
       {std::pair("train", &lists.train), {"val", &lists.val}, {"test", &lists.test}}) {
    if (list->samples.empty()) continue;
    data::PackOptions pack = options.pack;
    pack.folder = (fs::path(options.pack.folder) / name).string();
    pack.root =
        config.images.empty() ? fs::path(list->source).parent_path().string() : config.images;
    const data::PackResult result = data::pack(*list, pack);
    text += summary(pack.folder, result);
    outcome.done += result.packed + result.kept;
    outcome.failed += result.failed.size();
  }
  Output output("");
  output.write(text);
  output.commit();
  return outcome.exit_code();
}

}  // namespace evax::tasks
