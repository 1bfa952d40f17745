#include "evax/data/shards/read.h"

#include <algorithm>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/data/shards/format.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> shard_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == shard_extension) files.push_back(entry->path().string());
  if (error) fail("{}: {}", folder, error.message());
  return files;
}

}  // namespace

std::string shard_name(uint32_t shard) { return fmt::format("{:05}{}", shard, shard_extension); }
std::string table_name(uint32_t shard) { return fmt::format("{:05}{}", shard, table_extension); }

bool has_shards(const std::string& folder) {
  std::error_code ignored;
  return fs::is_directory(folder, ignored) && !shard_files(folder).empty();
}

std::vector<std::shared_ptr<const Shard>> open_shards(const std::string& folder) {
  std::vector<std::shared_ptr<const Shard>> shards;
  for (const std::string& file : shard_files(folder)) {
    const auto shard = Shard::open(file);
    const ShardDescription& description = shard->description();
    if (fs::path(file).filename() != shard_name(description.shard))
      fail("{}: expected the shard's own name, {}", file, shard_name(description.shard));
    if (!shards.empty() && (description.fingerprint != shards[0]->description().fingerprint ||
                            description.shards != shards[0]->description().shards ||
                            description.task != shards[0]->description().task ||
                            description.classes != shards[0]->description().classes))
      fail("{}: expected shards of one packing, found another list or other options", file);
    shards.push_back(shard);
  }
  if (shards.empty()) fail("{}: expected a folder of shards (evax data pack), found none", folder);
  std::sort(shards.begin(), shards.end(), [](const auto& a, const auto& b) {
    return a->description().shard < b->description().shard;
  });
  return shards;
}

Dataset read_shards(const std::string& folder) {
  const auto shards = open_shards(folder);
  const ShardDescription& description = shards[0]->description();
  for (uint32_t i = 0; i < description.shards; ++i)
    if (i >= shards.size() || shards[i]->description().shard != i)
      fail("{}: expected {} shards, found {}: {} is missing (is every part packed?)", folder,
           description.shards, shards.size(), shard_name(i));
  Dataset dataset;
  dataset.task = description.task;
  dataset.classes = description.classes;
  dataset.source = folder;
  for (const auto& shard : shards)
    for (uint32_t record = 0; record < shard->size(); ++record) {
      Sample sample = shard->sample(record);
      sample.shard = shard;
      dataset.samples.push_back(std::move(sample));
    }
  return dataset;
}

}  // namespace evax::data
