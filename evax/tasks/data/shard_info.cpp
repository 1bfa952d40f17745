#include "evax/tasks/data/shard_info.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <vector>

#include "evax/data/shards/read.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 3> lists{"train", "val", "test"};

std::string below(const std::string& folder, const char* list) {
  return (fs::path(folder) / list).string();
}

Json describe_folder(const std::string& folder) {
  const auto shards = data::open_shards(folder);
  const data::ShardDescription& first = shards[0]->description();
  const bool multiclass = first.task == weights::Task::multiclass;
  size_t images = 0, colour = 0, failed = 0, uncertain = 0;
  uint64_t bytes = 0;
  std::vector<size_t> positives(first.classes.size());
  for (const auto& shard : shards) {
    images += shard->size();
    failed += shard->description().failed.size();
    bytes += shard->file_bytes();
    for (uint32_t record = 0; record < shard->size(); ++record) {
      const data::Sample sample = shard->sample(record);
      if (shard->channels(record) == 3) ++colour;
      if (multiclass && sample.label >= 0) ++positives[static_cast<size_t>(sample.label)];
      for (size_t i = 0; i < sample.labels.size(); ++i) {
        if (sample.labels[i] == 1) ++positives[i];
        if (sample.labels[i] == -1) ++uncertain;
      }
    }
  }
  Json json{{"task", weights::name_of(first.task)},
            {"source", first.source},
            {"images", images},
            {"size", first.size == 0 ? Json("as they were") : Json(first.size)},
            {"colour", colour},
            {"shards", shards.size()},
            {"missing_shards", first.shards - shards.size()},
            {"unreadable", failed},
            {"bytes", bytes},
            {"classes", first.classes},
            {"positives", Json::object()}};
  for (size_t i = 0; i < positives.size(); ++i) json["positives"][first.classes[i]] = positives[i];
  if (uncertain > 0) json["uncertain_labels"] = uncertain;
  return json;
}

}  // namespace

bool holds_shards(const std::string& folder) {
  if (data::has_shards(folder)) return true;
  for (const char* list : lists)
    if (data::has_shards(below(folder, list))) return true;
  return false;
}

Json describe_shards(const std::string& folder) {
  if (data::has_shards(folder)) return describe_folder(folder);
  Json json = Json::object();
  for (const char* list : lists)
    if (data::has_shards(below(folder, list))) json[list] = describe_folder(below(folder, list));
  return json;
}

}  // namespace evax::tasks
