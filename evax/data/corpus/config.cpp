#include "evax/data/corpus/config.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "evax/core/error.h"

namespace evax::data {
namespace {

constexpr Range distances{.low = 0, .high = largest_distance};

void require_folder(const TomlTable& table, const std::string& key, const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) table.refuse(key, "a folder");
}

// Names are columns of CSV files and beginnings of paths.
void check_name(const std::string& name, const TomlTable& table) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  if (!plain)
    fail("{}: expected a name of letters, digits, _ and -, found '{}'", table.name(), name);
}

CorpusSource read_source(TomlTable& table, const std::string& name) {
  CorpusSource source;
  source.name = name;
  table.read("kind", source.kind, {"cxr14", "chexpert", "mimic_cxr", "csv", "folder"});
  table.read("images", source.images);
  require_folder(table, "images", source.images);
  if (source.kind != "folder") {
    table.read("list", source.list);
    if (source.list.empty()) table.refuse("list", "a CSV file");
  }
  if (source.kind == "mimic_cxr") {
    table.read("split", source.split);
    if (source.split.empty()) table.refuse("split", "a CSV file");
    table.read("records", source.records);
  }
  return source;
}

CorpusExclusion read_exclusion(TomlTable& table, const std::string& name,
                               const std::vector<CorpusSource>& sources) {
  CorpusExclusion exclusion;
  exclusion.name = name;
  table.read("lists", exclusion.lists);
  table.read("column", exclusion.column);
  table.read("field", exclusion.field, {.low = 1});
  table.read("source", exclusion.source);
  table.read("images", exclusion.images);
  table.read("patients", exclusion.patients);
  if (exclusion.lists.empty() && exclusion.images.empty())
    table.refuse("lists", "files that name test images, or images, a folder of them");
  if (!exclusion.images.empty()) require_folder(table, "images", exclusion.images);
  const auto is_meant = [&](const CorpusSource& source) { return source.name == exclusion.source; };
  if (!exclusion.source.empty() && std::none_of(sources.begin(), sources.end(), is_meant))
    table.refuse("source", "the name of a source");
  return exclusion;
}

}  // namespace

CorpusConfig read_corpus_config(TomlTable& table) {
  CorpusConfig config;
  table.read("test_distance", config.test_distance, distances);
  table.read("duplicates", config.duplicates, {"near_identical", "identical", "none"});
  table.read("duplicate_distance", config.duplicate_distance, distances);
  table.read("force", config.force);
  TomlTable& sources = table.table("source");
  for (const std::string& name : sources.keys()) {
    check_name(name, sources);
    config.sources.push_back(read_source(sources.table(name), name));
  }
  if (config.sources.empty())
    fail("{}: expected a table [data.source.NAME] for every data set of the corpus, found none",
         table.name());
  TomlTable& exclusions = table.table("exclude");
  for (const std::string& name : exclusions.keys()) {
    check_name(name, exclusions);
    config.exclusions.push_back(read_exclusion(exclusions.table(name), name, config.sources));
  }
  return config;
}

}  // namespace evax::data
