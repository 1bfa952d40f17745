#include "evax/weights/describe.h"

#include <algorithm>
#include <filesystem>

#include "evax/weights/cnn.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/convert/mmseg.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/convert/recognise.h"
#include "evax/weights/convert/weight_files.h"
#include "evax/weights/model_file.h"

namespace evax::weights {
namespace {

bool any_ends_with(const std::vector<std::string>& names, std::string_view ending) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.ends_with(ending); });
}

/// Other vision transformers call their plain MLP as timm calls EVA-X's gated one, whose first
/// matrix has twice as many rows as the second has columns.
bool has_plain_mlp(const std::vector<TensorSummary>& tensors) {
  int64_t rows = 0;
  int64_t columns = 0;
  for (const TensorSummary& tensor : tensors) {
    if (tensor.shape.size() != 2) continue;
    if (tensor.name.ends_with("blocks.0.mlp.fc1.weight")) rows = tensor.shape[0];
    if (tensor.name.ends_with("blocks.0.mlp.fc2.weight")) columns = tensor.shape[1];
  }
  return rows > 0 && rows == columns;
}

std::string layout_of(const std::vector<TensorSummary>& tensors) {
  std::vector<std::string> names;
  for (const TensorSummary& tensor : tensors) names.push_back(tensor.name);
  if (is_mmseg(names)) return "mmsegmentation";
  for (const char* stem : {"layer1.0.conv1.weight", "features.conv0.weight"})
    if (any_ends_with(names, stem)) return "torchvision";
  const auto naming = find_naming(names);
  if (!naming) return "unknown";
  if (any_ends_with(names, "blocks.0.attn.qkv.bias")) return "timm";  // a plain ViT
  if (has_plain_mlp(tensors))  // EVA01-CLIP's tower, which timm names as its authors do, or another
    return any_ends_with(names, "blocks.0.attn.q_bias") ? "timm" : "unknown";
  if (naming == Naming::timm) return "timm";
  if (any_ends_with(names, "mask_token")) return "official pre-training";
  return any_ends_with(names, "head.weight") ? "official fine-tuned" : "official";
}

/// Any valid safetensors file, dtypes that Tensor lacks included.
CheckpointSummary describe_safetensors(const std::string& path) {
  const Safetensors file = Safetensors::open(path);
  CheckpointSummary summary;
  summary.container = "safetensors";
  for (const auto& [name, entry] : file.entries())
    summary.tensors.push_back({name, entry.dtype, entry.shape});
  if (file.metadata().contains("evax")) {
    summary.container = "evax model file";
    summary.metadata = read_metadata(file, path);
  }
  return summary;
}

CheckpointSummary describe_torch(const std::string& path) {
  Checkpoint checkpoint = read_checkpoint(path);
  CheckpointSummary summary;
  summary.container = std::move(checkpoint.container);
  summary.wrapper = std::move(checkpoint.wrapper);
  summary.args = std::move(checkpoint.args);
  for (const auto& [name, tensor] : checkpoint.tensors)
    summary.tensors.push_back({name, std::string(name_of(tensor.dtype())), tensor.shape()});
  return summary;
}

CheckpointSummary describe_file(const std::string& path) {
  return is_torch_file(path) ? describe_torch(path) : describe_safetensors(path);
}

CheckpointSummary describe_folder(const std::string& folder) {
  CheckpointSummary summary;
  for (const std::string& path : find_weight_files(folder).paths)
    for (TensorSummary& tensor : describe_file(path).tensors)
      summary.tensors.push_back(std::move(tensor));
  std::sort(summary.tensors.begin(), summary.tensors.end(),
            [](const TensorSummary& a, const TensorSummary& b) { return a.name < b.name; });
  summary.container = "Hugging Face folder";
  return summary;
}

/// Rotary tables, what BatchNorm counts and the scales of 8-bit weights are no parameters.
bool is_buffer(const std::string& name) {
  return is_rope_table(name) || name.ends_with(".weight_scale") || is_running_statistic(name) ||
         name.ends_with(".num_batches_tracked");
}

}  // namespace

CheckpointSummary describe_checkpoint(const std::string& path) {
  CheckpointSummary summary =
      std::filesystem::is_directory(path) ? describe_folder(path) : describe_file(path);
  summary.layout = layout_of(summary.tensors);
  for (const TensorSummary& tensor : summary.tensors)
    if (!is_buffer(tensor.name)) summary.parameters += element_count(tensor.shape);
  return summary;
}

}  // namespace evax::weights
