#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/weights/check.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/convert/hub_folder.h"
#include "evax/weights/convert/mmseg.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/rope.h"
#include "evax/weights/torch/save.h"

namespace evax::weights {
namespace {

using torch::StateDict;

/// timm's network has no place for what only pre-training uses. ResNet50 and DenseNet121 have the
/// same names in timm and torchvision.
StateDict timm_state(const ModelFile& model) {
  StateDict state;
  for (const auto& parameter : parameters_of(model.metadata.model))
    state.emplace_back(parameter.first, model.at(parameter.first));
  return state;
}

/// The official module registers the tables once and every attention shares them (spec A.6 a, b).
StateDict rope_state(const ModelConfig& config) {
  const RopeTables tables = rope_tables(config.grid(), config.rope_ref_grid);
  const int64_t patches = int64_t{config.grid()} * config.grid();
  const Shape shape{patches, static_cast<int64_t>(tables.cos.size()) / patches};
  const Tensor cosines = Tensor::from_floats(shape, tables.cos);
  const Tensor sines = Tensor::from_floats(shape, tables.sin);
  StateDict state;
  for (int i = -1; i < config.depth; ++i) {
    const std::string scope = i < 0 ? "" : fmt::format("blocks.{}.attn.", i);
    state.emplace_back(scope + "rope.freqs_cos", cosines);
    state.emplace_back(scope + "rope.freqs_sin", sines);
  }
  return state;
}

StateDict official_state(const ModelFile& model) {
  const ModelConfig& config = model.metadata.model;
  const bool pretraining = model.tensors.contains("mask_token");
  StateDict state;
  for (const auto& [name, tensor] : timm_state(model)) {
    const bool final_norm = pretraining && name.starts_with("fc_norm.");
    state.emplace_back(final_norm ? name.substr(std::string_view("fc_").size())
                                  : official_name(name, config.qkv_split),
                       tensor);
  }
  if (pretraining)
    for (const char* name : {"mask_token", "lm_head.weight", "lm_head.bias"})
      state.emplace_back(name, model.at(name));
  for (auto& table : rope_state(config)) state.push_back(std::move(table));
  return state;
}

/// The official code keeps a segmentation model as mmsegmentation does.
StateDict mmseg_state(const ModelFile& model) {
  const ModelConfig& config = model.metadata.model;
  StateDict state = config.is_eva_x() ? official_state(model) : timm_state(model);
  for (auto& [name, tensor] : state) name = mmseg_name(config, name);
  return state;
}

/// What the layout has no place for in its own words, and what only evax reads.
std::vector<std::string> notes_of(const ModelFile& model, ExportLayout layout) {
  std::vector<std::string> notes;
  const Metadata& metadata = model.metadata;
  const bool hf = layout == ExportLayout::hf;
  std::vector<std::string> carried;
  if (!hf && !metadata.classes.empty()) carried.emplace_back("classes");
  if (!hf) carried.emplace_back("preprocessing");
  if (!metadata.thresholds.empty()) carried.emplace_back("thresholds");
  if (metadata.temperature) carried.emplace_back("temperature");
  if (!carried.empty())
    notes.push_back(
        fmt::format("the layout cannot store {}: evax import finds them as {} in the file, other "
                    "programs do not",
                    fmt::join(carried, ", "), export_record));
  if (hf && !hub_says_all(metadata.preprocess))
    notes.push_back(fmt::format(
        "config.json cannot describe all of the preprocessing: evax import finds it as {}",
        export_record));
  std::vector<std::string> left;
  const auto parameters = parameters_of(metadata.model);
  if (layout != ExportLayout::official)
    for (const auto& item : model.tensors)
      if (std::none_of(parameters.begin(), parameters.end(),
                       [&](const auto& parameter) { return parameter.first == item.first; }))
        left.push_back(item.first);
  if (!left.empty()) notes.push_back("left behind what only pre-training uses: " + list_some(left));
  return notes;
}

}  // namespace

std::vector<std::string> export_model(const ModelFile& model, const std::string& path,
                                      ExportLayout layout) {
  const ModelConfig& config = model.metadata.model;
  if (layout == ExportLayout::evax) {
    save_model(path, model);
    return {};
  }
  const bool official = layout == ExportLayout::official;
  if (config.decoder && !official)
    throw UsageError(fmt::format("{}: a segmentation model has the official layout only", path));
  if (official && !config.is_eva_x() && !config.decoder)
    throw UsageError(fmt::format("{}: the official layout is EVA-X's, expected timm or hf for {}",
                                 path, config.variant));
  const StateDict state = config.decoder ? mmseg_state(model)
                          : official     ? official_state(model)
                                         : timm_state(model);
  const std::string record(export_record);
  const std::string metadata = to_json(model.metadata).dump();
  const TextMap header{{"format", "pt"}, {record, metadata}};
  if (layout == ExportLayout::hf)
    save_hub_folder(path, model.metadata, TensorMap(state.begin(), state.end()), header);
  else if (path.ends_with(".safetensors"))
    save_safetensors(path, TensorMap(state.begin(), state.end()), header);
  else if (path.ends_with(".pth") || path.ends_with(".pt"))
    torch::save(path, state,
                config.decoder ? "state_dict"
                : official     ? "model"
                               : "",
                {{record, metadata}});
  else
    throw UsageError(fmt::format("{}: expected an ending of .safetensors, .pth or .pt", path));
  return notes_of(model, layout);
}

}  // namespace evax::weights
