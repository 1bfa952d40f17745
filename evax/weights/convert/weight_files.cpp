#include "evax/weights/convert/weight_files.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "evax/core/error.h"
#include "evax/core/json.h"

namespace evax::weights {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_shards = 10000;

/// A name that leads out of its folder is no shard's.
bool is_plain_name(const std::string& name, std::string_view ending) {
  return name.ends_with(ending) && !name.starts_with('.') && fs::path(name).filename() == name &&
         printable(name, name.size()) == name;
}

WeightFiles read_index(const std::string& folder, const std::string& index,
                       std::string_view ending) {
  const auto json = read_json(index);
  const auto map = json.find("weight_map");
  if (!json.is_object() || map == json.end() || !map->is_object() || map->empty())
    fail("{}: expected a weight_map from tensors to files, found none", index);
  WeightFiles files;
  files.index = index;
  std::set<std::string> paths;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string() || !is_plain_name(shard.get<std::string>(), ending))
      fail("{}: expected the name of a {} file in its folder, found {}", index, ending,
           shown(shard));
    const std::string path = folder + "/" + shard.get<std::string>();
    paths.insert(path);
    files.shard_of[tensor] = path;
  }
  if (paths.size() > max_shards)
    fail("{}: expected at most {} files, found {}", index, max_shards, paths.size());
  files.paths.assign(paths.begin(), paths.end());
  return files;
}

}  // namespace

WeightFiles find_weight_files(const std::string& folder) {
  for (const auto& [name, ending] :
       {std::pair{"model.safetensors", ".safetensors"}, {"pytorch_model.bin", ".bin"}}) {
    const std::string path = folder + "/" + name;
    if (fs::exists(path)) return {{path}, {}, {}};
    if (const std::string index = path + ".index.json"; fs::exists(index))
      return read_index(folder, index, ending);
  }
  for (const char* name : {"adapter_model.safetensors", "adapter_model.bin", "adapter_config.json"})
    if (fs::exists(folder + "/" + name))
      fail(
          "{}: expected a whole network, found an adapter alone ({}): load it onto its network "
          "with peft, merge_and_unload(), save and import that",
          folder, name);
  fail(
      "{}: expected a Hugging Face folder with model.safetensors, its shards' "
      "model.safetensors.index.json or pytorch_model.bin, found none of them",
      folder);
}

}  // namespace evax::weights
