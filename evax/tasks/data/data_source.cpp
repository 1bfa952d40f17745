#include "evax/tasks/data/data_source.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/thread_pool.h"

namespace evax::tasks {

TomlTable open_source(const DataSource& source) {
  if (!source.recipe.empty()) protect_input(source.recipe);
  return source.recipe.empty() ? TomlTable::parse("", "command line", source.settings)
                               : TomlTable::read_file(source.recipe, source.settings);
}

data::DataConfig read_source(const DataSource& source) {
  const bool has_kind =
      std::any_of(source.settings.begin(), source.settings.end(),
                  [](const auto& text) { return text.starts_with("data.kind="); });
  if (source.recipe.empty() && !has_kind)
    throw UsageError("expected a recipe or --kind, found neither");
  TomlTable root = open_source(source);
  std::string task;
  root.read("task", task);
  data::DataConfig config;
  config.labels = task != "pretrain";
  TomlTable& table = root.table("data");
  config = data::read_data_config(table, config);
  table.finish();  // the recipe's other tables are not this verb's business
  return config;
}

std::optional<data::CorpusConfig> read_corpus_source(const DataSource& source) {
  TomlTable root = open_source(source);
  TomlTable& table = root.table("data");
  std::string kind;
  table.read("kind", kind);
  if (kind != "merged") return std::nullopt;
  data::CorpusConfig config = data::read_corpus_config(table);
  table.finish();
  return config;
}

data::Splits load_as_given(data::DataConfig config) {
  config.label_policy = "ignore";
  config.fraction = 1;
  config.allow_leak = true;
  data::Splits splits = data::load_splits(config, false, 0);
  for (const std::string& line : splits.notes) note(line);
  return splits;
}

size_t threads_of(size_t wanted) { return wanted == 0 ? available_threads() : wanted; }

}  // namespace evax::tasks
