#include "evax/weights/convert/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/file_kind.h"
#include "evax/core/json.h"
#include "evax/weights/check.h"
#include "evax/weights/convert/weight_files.h"
#include "evax/weights/torch/file.h"

namespace evax::weights {
namespace {

using torch::Dict;
using torch::Text;
using torch::Value;

constexpr size_t max_exported = 4 << 20;
constexpr int max_wrappers = 4;

/// Where training programs put the tensors: those averaged over the training first, as timm's
/// loader takes them.
constexpr std::string_view wrappers[] = {"state_dict_ema", "model_ema",
                                         "ema_state_dict", "ema_model",
                                         "params_ema",     "ema",
                                         "model",          "module",
                                         "state_dict",     "model_state_dict",
                                         "model_state",    "net",
                                         "network",        "net_state_dict",
                                         "weights",        "params"};

/// Which dictionaries of a graph lead to tensors; each is looked at once, however often it is
/// shared.
class Wrapped {
 public:
  /// The dictionaries in `dict` that hold tensors, or known wrappers of them, by their keys.
  std::map<std::string, const Dict*> in(const Dict& dict, int depth) {
    std::map<std::string, const Dict*> found;
    for (const auto& [key, value] : dict.items) {
      const auto* name = key->get<Text>();
      if (name == nullptr) continue;
      const Dict* inner = value->get<Dict>();
      if (inner != nullptr && lead(*inner, depth))
        found[std::string(name->utf8)] = inner;
      else
        found.erase(std::string(name->utf8));
    }
    return found;
  }

  static bool holds_tensors(const Dict& dict) {
    return std::any_of(dict.items.begin(), dict.items.end(),
                       [](const std::pair<const Value*, const Value*>& item) {
                         return item.first->get<Text>() != nullptr &&
                                item.second->tensor() != nullptr;
                       });
  }

 private:
  /// Deeper through known wrappers alone: what else lies there is an optimizer's.
  bool lead(const Dict& dict, int depth) {
    const auto [known, is_new] = seen_.emplace(std::pair(&dict, depth), false);
    if (!is_new) return known->second;
    bool leads = holds_tensors(dict);
    for (const std::string_view key : wrappers) {
      if (leads || depth == 0) break;
      const Value* value = torch::find(dict, key);
      const Dict* inner = value == nullptr ? nullptr : value->get<Dict>();
      leads = inner != nullptr && lead(*inner, depth - 1);
    }
    return known->second = leads;
  }

  std::map<std::pair<const Dict*, int>, bool> seen_;
};

/// Descends through the wrappers; returns the dictionary of tensors.
const Dict& unwrap(const Dict& root, Checkpoint& checkpoint, const std::string& path) {
  const Dict* dict = &root;
  Wrapped wrapped;
  for (int depth = max_wrappers; depth > 0; --depth) {
    auto inner = wrapped.in(*dict, depth - 1);
    const auto* known = std::find_if(std::begin(wrappers), std::end(wrappers),
                                     [&](auto key) { return inner.contains(std::string(key)); });
    const bool is_known = known != std::end(wrappers);
    if (!is_known && (inner.empty() || Wrapped::holds_tensors(*dict))) break;
    std::vector<std::string> keys;
    for (const auto& item : inner) keys.push_back(printable(item.first, 60));
    if (!is_known && inner.size() > 1)
      fail("{}: expected one dictionary of tensors, found several: {}", path, list_some(keys));
    const auto taken = is_known ? inner.find(std::string(*known)) : inner.begin();
    dict = taken->second;
    checkpoint.wrapper += (checkpoint.wrapper.empty() ? "" : ".") + printable(taken->first, 60);
    inner.erase(taken);
    for (const auto& item : inner) checkpoint.passed_over.push_back(printable(item.first, 60));
  }
  return *dict;
}

Metadata read_exported(std::string_view json, const std::string& path) {
  const std::string where = fmt::format("{}: {}", path, export_record);
  return from_json(parse_json(json, where, max_exported), where);
}

TensorMap tensors_of(const torch::File& file, const Dict& dict, const std::string& path) {
  TensorMap tensors;
  std::vector<std::string> keys;
  for (const auto& [key, value] : dict.items) {
    const auto* text = key->get<Text>();
    if (text == nullptr) continue;
    const std::string name(text->utf8);
    keys.push_back(name);
    const torch::TensorView* view = value->tensor();
    if (view == nullptr) continue;
    if (printable(name, name.size()) != name)
      fail("{}: the tensor name '{}' holds a control character or is not UTF-8", path, name);
    tensors[name] = file.tensor(*view);
  }
  if (tensors.empty())
    fail("{}: expected a dictionary of tensors, found none in: {}", path,
         keys.empty() ? "an empty one" : list_some(keys));
  return tensors;
}

/// A plain scalar as Python would print it; nullopt for anything else.
std::optional<std::string> scalar_text(const Value& value) {
  if (value.get<torch::None>() != nullptr) return "None";
  if (const auto* flag = value.get<bool>()) return *flag ? "True" : "False";
  if (const auto* number = value.get<int64_t>()) return fmt::format("{}", *number);
  if (const auto* number = value.get<double>()) return fmt::format("{}", *number);
  if (const auto* text = value.get<Text>()) return printable(text->utf8);
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> scalar_args(const Dict& root) {
  std::vector<std::pair<std::string, std::string>> args;
  const Value* value = torch::find(root, "args");
  const auto* space = value == nullptr ? nullptr : value->get<torch::Namespace>();
  if (space == nullptr || space->attributes == nullptr) return args;
  std::set<std::string> seen;
  for (const auto& [key, item] : space->attributes->get<Dict>()->items) {
    const auto* text = key->get<Text>();
    const auto plain = scalar_text(*item);
    if (text == nullptr || !plain) continue;
    std::string name = printable(text->utf8);
    if (seen.insert(name).second) args.emplace_back(std::move(name), *plain);
  }
  return args;
}

Checkpoint read_torch(const std::string& path) {
  const torch::File file = torch::File::open(path);
  const auto* root = file.root().get<Dict>();
  if (root == nullptr)
    fail("{}: expected a dictionary of tensors, found {}", path, torch::describe(file.root()));
  const bool zip = file.container() == torch::File::Container::zip;
  Checkpoint checkpoint;
  checkpoint.container = zip ? "PyTorch zip" : "PyTorch legacy";
  checkpoint.files = {path};
  checkpoint.tensors = tensors_of(file, unwrap(*root, checkpoint, path), path);
  checkpoint.args = scalar_args(*root);
  if (const auto record = file.record(std::string(export_record)))
    checkpoint.exported = read_exported(*record, path);
  return checkpoint;
}

Checkpoint read_safetensors(const std::string& path) {
  const Safetensors file = Safetensors::open(path);
  Checkpoint checkpoint;
  checkpoint.container = "safetensors";
  checkpoint.files = {path};
  checkpoint.tensors = file.tensors();
  checkpoint.safetensors_metadata = file.metadata();
  if (const auto exported = file.metadata().find(std::string(export_record));
      exported != file.metadata().end())
    checkpoint.exported = read_exported(exported->second, path);
  return checkpoint;
}

Checkpoint read_one(const std::string& path) {
  return is_torch_file(path) ? read_torch(path) : read_safetensors(path);
}

/// Every tensor must lie where the index says, and nowhere else.
Checkpoint read_shards(const WeightFiles& files) {
  Checkpoint whole;
  for (const std::string& path : files.paths)
    for (auto& [name, tensor] : read_one(path).tensors) {
      const auto listed = files.shard_of.find(name);
      if (listed == files.shard_of.end() || listed->second != path)
        fail("{}: expected the tensors that {} lists for it, found {} too", path, files.index,
             name);
      whole.tensors.emplace(name, std::move(tensor));
    }
  for (const auto& [name, path] : files.shard_of)
    if (!whole.tensors.contains(name))
      fail("{}: expected {}, as {} says, found no such tensor", path, printable(name), files.index);
  whole.files = files.paths;
  return whole;
}

Checkpoint read_folder(const std::string& folder) {
  const WeightFiles files = find_weight_files(folder);
  Checkpoint checkpoint = files.index.empty() ? read_one(files.paths[0]) : read_shards(files);
  checkpoint.container = "Hugging Face folder";
  checkpoint.hub = read_hub_config(folder);
  return checkpoint;
}

/// model-00001-of-00002.safetensors
bool is_shard(const std::string& path) {
  static const std::regex shard("-[0-9]{5}-of-(?!00001)[0-9]{5}\\.(safetensors|bin)$");
  return std::regex_search(path, shard);
}

}  // namespace

bool is_torch_file(const std::string& path) {
  constexpr size_t json_start = 8;  // of a safetensors file, whose size may look like a pickle
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.size() > json_start && bytes[json_start] == std::byte{'{'}) return false;
  if (torch::File::recognises(bytes)) return true;
  fail("{}: expected a PyTorch or safetensors file, found {}", path, kind_of_file(bytes).name);
}

Checkpoint read_checkpoint(const std::string& path) {
  if (std::filesystem::is_directory(path)) return read_folder(path);
  if (is_shard(path))
    fail("{}: expected a whole checkpoint, found one shard of several: import its folder", path);
  return read_one(path);
}

}  // namespace evax::weights
