#include "evax/data/shards/read.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

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

// "DIR/00012.shard" -> 12; other names are no shard's.
std::optional<uint32_t> number_of(const std::string& file) {
  const std::string digits = fs::path(file).stem().string();
  uint32_t number = 0;
  const char* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

// Images of the list in shard `number`, as an undamaged one tells.
size_t images_in(uint32_t number, const Shard& shard) {
  const ShardDescription& known = shard.description();
  const size_t own = shard.size() + known.failed.size();
  const bool last = known.shard + 1 == known.shards && known.shards > 1;
  const size_t each = last ? (known.samples - own) / (known.shards - 1) : own;
  return std::min(each, known.samples - std::min<size_t>(known.samples, number * each));
}

}  // namespace

std::string shard_name(uint32_t shard) { return fmt::format("{:05}{}", shard, shard_extension); }
std::string table_name(uint32_t shard) { return fmt::format("{:05}{}", shard, table_extension); }

bool has_shards(const std::string& folder) {
  std::error_code ignored;
  return fs::is_directory(folder, ignored) && !shard_files(folder).empty();
}

Shards open_shards(const std::string& folder, std::vector<DamagedShard>* damaged) {
  Shards shards;
  for (const std::string& file : shard_files(folder)) {
    std::shared_ptr<const Shard> shard;
    try {
      shard = Shard::open(file);
    } catch (const Error& error) {
      const auto number = number_of(file);
      if (damaged == nullptr || !number) throw;
      damaged->push_back({*number, error.sentence()});
      continue;
    }
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
  if (shards.empty())
    fail("{}: expected a folder of {}shards (evax data pack), found none", folder,
         damaged == nullptr || damaged->empty() ? "" : "undamaged ");
  std::sort(shards.begin(), shards.end(), [](const auto& a, const auto& b) {
    return a->description().shard < b->description().shard;
  });
  return shards;
}

void require_all_shards(const Shards& shards, const std::vector<DamagedShard>& damaged,
                        const std::string& folder) {
  const uint32_t count = shards[0]->description().shards;
  std::set<uint32_t> present;
  for (const auto& shard : shards) present.insert(shard->description().shard);
  for (const DamagedShard& shard : damaged) present.insert(shard.number);
  uint32_t first = 0;
  while (present.contains(first)) ++first;
  if (first < count)
    fail("{}: expected {} shards, found {}: {} is missing (is every part packed?)", folder, count,
         present.size(), shard_name(first));
}

Dataset read_shards(const std::string& folder, std::vector<std::string>* notes) {
  std::vector<DamagedShard> damaged;
  const Shards shards = open_shards(folder, notes == nullptr ? nullptr : &damaged);
  require_all_shards(shards, damaged, folder);
  for (const DamagedShard& shard : damaged)
    notes->push_back(fmt::format("{}; its {} images are left out", shard.error,
                                 images_in(shard.number, *shards[0])));
  const ShardDescription& description = shards[0]->description();
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
