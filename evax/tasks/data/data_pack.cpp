#include "evax/tasks/data/data_pack.h"

#include <fmt/format.h>

#include <filesystem>

#include "evax/core/log.h"
#include "evax/data/corpus/pack.h"
#include "evax/data/dataset.h"
#include "evax/data/shards/read.h"
#include "evax/tasks/data/data_merge.h"
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

void print(const std::string& text) {
  Output output("");
  output.write(text);
  output.commit();
}

int pack_and_merge(const data::CorpusConfig& config, const data::PackOptions& pack) {
  const data::PackResult result = data::pack_corpus(config, pack);
  if (pack.parts == 1) return data_merge({pack.folder, pack.threads});
  print(summary(pack.folder, result) +
        fmt::format("when every part is packed: evax data merge {}\n", pack.folder));
  return 0;
}

}  // namespace

int data_pack(const DataPackOptions& options) {
  if (const auto corpus = read_corpus_source(options.source))
    return pack_and_merge(*corpus, options.pack);
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
    std::vector<std::string> images;
    for (const data::Sample& sample : list->samples)
      if (!sample.shard) images.push_back(sample.path);
    refuse_folder_of_inputs(pack.folder, images);
    const data::PackResult result = data::pack(*list, pack);
    text += summary(pack.folder, result);
    outcome.done += result.packed + result.kept;
    outcome.failed += result.failed.size();
  }
  for (const std::string& line : lists.notes) note(line);
  print(text);
  return outcome.exit_code();
}

}  // namespace evax::tasks
