#include "evax/data/corpus/read.h"

#include <filesystem>
#include <map>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/utf8.h"
#include "evax/data/corpus/merge.h"
#include "evax/data/corpus/pack.h"
#include "evax/data/shards/read.h"
#include "evax/data/shards/shard.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

std::string below(const std::string& folder, const char* name) {
  return (fs::path(folder) / name).string();
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

bool has_corpus(const std::string& folder) { return exists(below(folder, settings_file)); }

Dataset read_corpus(const std::string& folder, std::vector<std::string>* notes) {
  const std::string manifest = below(folder, manifest_file);
  if (!exists(manifest))
    fail("{}: expected a corpus's {}, found none (evax data merge {})", folder, manifest_file,
         folder);
  std::vector<DamagedShard> damaged;
  std::map<uint64_t, std::shared_ptr<const Shard>> shards;
  for (const auto& shard : open_shards(folder, notes == nullptr ? nullptr : &damaged))
    shards[shard->description().shard] = shard;
  std::map<uint64_t, size_t> lost;
  for (const DamagedShard& shard : damaged) lost[shard.number] = 0;

  CsvTable table(manifest);
  const size_t source = table.column("source");
  const size_t path = table.column("path");
  const size_t shard_column = table.column("shard");
  const size_t record_column = table.column("record");
  Dataset dataset;
  while (table.next()) {
    const uint64_t number = table.number(shard_column);
    const uint64_t record = table.number(record_column);
    if (const auto place = lost.find(number); place != lost.end()) {
      ++place->second;
      continue;
    }
    const auto shard = shards.find(number);
    if (shard == shards.end())
      fail("{} line {}: expected {} in its folder, found none", manifest, table.line(),
           shard_name(static_cast<uint32_t>(number)));
    const std::string name = table[source] + '/' + from_utf8(table[path]);
    Sample sample;
    if (record < shard->second->size())
      sample = shard->second->sample(static_cast<uint32_t>(record));
    if (sample.path != name)
      fail("{} line {}: expected {} in record {} of {}, found {} (evax data merge {})", manifest,
           table.line(), name, record, shard_name(shard->second->description().shard),
           sample.path.empty() ? "none" : sample.path, folder);
    sample.shard = shard->second;
    dataset.samples.push_back(std::move(sample));
  }
  for (const DamagedShard& shard : damaged)
    notes->push_back(
        fmt::format("{}; its {} images are left out", shard.error, lost[shard.number]));
  return dataset;
}

}  // namespace evax::data
