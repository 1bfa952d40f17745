#include "evax/weights/convert/checkpoint.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/weights/check.h"
#include "evax/weights/torch/file.h"

namespace evax::weights {
namespace {

using torch::Dict;
using torch::Text;
using torch::Value;

constexpr size_t max_hub_config = 1 << 20;

/// Descends through the wrappers; returns the dictionary of tensors.
const Dict& unwrap(const Dict& root, std::string& wrapper) {
  const Dict* dict = &root;
  for (const std::string_view key : {"model_ema", "model", "module", "state_dict"}) {
    const Value* value = torch::find(*dict, key);
    const Dict* inner = value == nullptr ? nullptr : value->get<Dict>();
    if (inner == nullptr) continue;
    dict = inner;
    wrapper += (wrapper.empty() ? "" : ".") + std::string(key);
  }
  return *dict;
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
  for (const auto& [key, item] : space->attributes->get<Dict>()->items) {
    const auto* name = key->get<Text>();
    const auto text = scalar_text(*item);
    if (name != nullptr && text) args.emplace_back(printable(name->utf8), *text);
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
  checkpoint.weights_path = path;
  checkpoint.tensors = tensors_of(file, unwrap(*root, checkpoint.wrapper), path);
  checkpoint.args = scalar_args(*root);
  return checkpoint;
}

Checkpoint read_safetensors(const std::string& path) {
  const Safetensors file = Safetensors::open(path);
  Checkpoint checkpoint;
  checkpoint.container = "safetensors";
  checkpoint.weights_path = path;
  checkpoint.tensors = file.tensors();
  checkpoint.safetensors_metadata = file.metadata();
  return checkpoint;
}

HubConfig read_hub_config(const std::string& path) {
  HubConfig hub;
  if (!std::filesystem::exists(path)) return hub;
  const auto bytes = read_file(path, max_hub_config);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  const auto json = nlohmann::json::parse(text, text + bytes.size(), nullptr, false);
  if (!json.is_object()) fail("{}: expected a JSON object", path);
  if (const auto args = json.find("model_args"); args != json.end() && args->is_object())
    if (const auto shape = args->find("ref_feat_shape");
        shape != args->end() && shape->is_array() && !shape->empty() &&
        (*shape)[0].is_number_unsigned() && (*shape)[0].get<uint64_t>() <= 4096)
      hub.rope_ref_grid = (*shape)[0].get<int>();
  if (const auto labels = json.find("label_names"); labels != json.end() && labels->is_array())
    for (const auto& label : *labels)
      if (label.is_string()) hub.label_names.push_back(label.get<std::string>());
  return hub;
}

}  // namespace

bool is_torch_file(const std::string& path) {
  constexpr size_t json_start = 8;  // of a safetensors file, whose size may look like a pickle
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.size() > json_start && bytes[json_start] == std::byte{'{'}) return false;
  if (torch::File::recognises(bytes)) return true;
  fail("{}: expected a PyTorch or safetensors file, found neither", path);
}

Checkpoint read_checkpoint(const std::string& path) {
  if (std::filesystem::is_directory(path)) {
    Checkpoint checkpoint = read_safetensors(path + "/model.safetensors");
    checkpoint.container = "Hugging Face folder";
    checkpoint.hub = read_hub_config(path + "/config.json");
    return checkpoint;
  }
  return is_torch_file(path) ? read_torch(path) : read_safetensors(path);
}

}  // namespace evax::weights
