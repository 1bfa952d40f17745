#include "evax/train/checkpoint/weights_hash.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <span>

#include "evax/core/file.h"
#include "evax/core/sha256.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

std::string hash_of_file(const std::string& path) {
  return sha256(MappedFile::open(path)->bytes());
}

}  // namespace

std::string weights_sha256(const std::string& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return hash_of_file(path);
  if (!fs::is_directory(path, ignored)) return "";
  const std::string whole = path + "/model.safetensors";
  if (fs::exists(whole, ignored)) return hash_of_file(whole);
  std::set<fs::path> shards;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().extension() == ".safetensors") shards.insert(entry.path());
  std::string text;
  for (const fs::path& shard : shards)
    text += fmt::format("{} {}\n", shard.filename().string(), hash_of_file(shard));
  return shards.empty() ? "" : sha256(std::as_bytes(std::span(text)));
}

}  // namespace evax::train
