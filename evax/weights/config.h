#pragma once

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evax/core/interpolate.h"
#include "evax/core/tensor.h"

namespace evax::weights {

/// The numbers that fix an EVA-X network (spec A.1).
struct ModelConfig {
  std::string arch = "eva_x";
  std::string variant;  // "eva_x_tiny", "eva_x_small", "eva_x_base", or "eva_x" for other sizes
  int image_size = 224;
  int patch_size = 16;
  int embed_dim = 0;
  int depth = 0;
  int num_heads = 0;
  int mlp_hidden = 0;
  bool sub_ln = false;     // LayerNorm inside the SwiGLU (Base)
  bool qkv_split = false;  // separate q, k, v projections (Base)
  int rope_ref_grid = 14;  // grid on which rotary positions are t = 0, 1, 2, ...
  int num_classes = 0;     // 0: no head
  std::string pool = "avg";

  int grid() const { return image_size / patch_size; }
  int tokens() const { return grid() * grid() + 1; }  // cls first
};

/// "eva_x_tiny", "eva_x_small" or "eva_x_base" when every size of the network is that model's,
/// whatever its image size and head; "eva_x" otherwise.
std::string variant_of(const ModelConfig& config);

/// The sizes of "eva_x_tiny", "eva_x_small" or "eva_x_base" at 224 pixels, without a head; nothing
/// for other names.
std::optional<ModelConfig> published_config(std::string_view variant);

/// Throws Error naming `path` and the first number that makes no EVA-X network, or an absurd one.
void check_config(const ModelConfig& config, const std::string& path);

/// "pretrained" in JSON for Task::pretrain; the others are written as they are named.
enum class Task { pretrain, multilabel, multiclass, segmentation };
enum class Fit { shorter, squash };
enum class Arithmetic { pillow8, cv2_8, real };  // "float" in JSON

/// From an 8-bit RGB image to the network's input; travels with the weights (spec C.3, C.4).
struct Preprocess {
  std::array<int, 2> resize{256, 256};  // height, width; equal for Fit::shorter (the shorter side)
  int crop = 224;
  Fit fit = Fit::shorter;
  Arithmetic arithmetic = Arithmetic::pillow8;
  Interpolation interpolation = Interpolation::bicubic;
  bool antialias = true;
  std::array<float, 3> mean{0.49185243F, 0.49185243F, 0.49185243F};
  std::array<float, 3> std{0.28509309F, 0.28509309F, 0.28509309F};
};

/// The JSON under the key `evax` of a model file (design.md 3).
struct Metadata {
  ModelConfig model;
  Task task = Task::multilabel;
  std::vector<std::string> classes;
  Preprocess preprocess;
  std::vector<double> thresholds;     // per class, or empty
  std::optional<double> temperature;  // logits are divided by it
  std::map<std::string, std::string> provenance;
};

/// The JSON's word for a task, and back; throws Error naming `path` and the word.
std::string_view name_of(Task task);
Task task_from_name(std::string_view name, const std::string& path);

/// Throws Error naming `where` when a class name is empty, given twice, or not printable UTF-8.
void check_classes(const std::vector<std::string>& classes, const std::string& where);

/// Both directions of the JSON; `from_json` names `path` and the offending key in its errors and
/// refuses unknown formats and keys, sizes that do not fit together and absurd ones.
nlohmann::ordered_json to_json(const Metadata& metadata);
nlohmann::ordered_json to_json(const Preprocess& preprocess);
Metadata from_json(const nlohmann::ordered_json& json, const std::string& path);
Preprocess preprocess_from_json(const nlohmann::ordered_json& json, const std::string& where);

/// Every parameter a network of this configuration has, in timm's order: name and shape.
/// A pretrained file additionally keeps mask_token and lm_head.* (pretraining_parameters_of).
std::vector<std::pair<std::string, Shape>> parameters_of(const ModelConfig& config);

/// mask_token, lm_head.weight and lm_head.bias for targets of `target_dim` numbers.
std::vector<std::pair<std::string, Shape>> pretraining_parameters_of(const ModelConfig& config,
                                                                     int64_t target_dim);

}  // namespace evax::weights
