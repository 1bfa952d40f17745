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
#include "evax/weights/decoder.h"

namespace evax::weights {

/// The numbers that fix a network: EVA-X (spec A.1), a baseline it is compared with: the plain
/// vision transformer (timm's VisionTransformer), ResNet50, DenseNet121 (torchvision's), or an
/// image tower of EVA-CLIP whose tokens it may learn from (spec B.4): EVA01 (g/14), EVA02 (B/16,
/// L/14).
struct ModelConfig {
  std::string arch = "eva_x";  // "eva_x", "vit", "eva01_clip", "eva02_clip", "resnet50",
                               // "densenet121"
  std::string variant;         // "eva_x_small", "vit_base", ...: variant_of(config)
  int image_size = 224;
  int embed_dim = 0;    // width of the features, the input of the head
  int num_classes = 0;  // 0: no head
  // Transformers only.
  int patch_size = 16;
  int depth = 0;
  int num_heads = 0;
  int mlp_hidden = 0;
  std::string pool = "avg";  // "avg": mean of the patch tokens, then fc_norm; "token" (vit and
                             // EVA-CLIP only): norm, then the cls token
  // EVA-X; EVA02-CLIP has both always, EVA01-CLIP and the plain ViT neither.
  bool sub_ln = false;     // LayerNorm inside the SwiGLU (Base)
  bool qkv_split = false;  // separate q, k, v projections (Base)
  int rope_ref_grid = 14;  // grid on which rotary positions are t = 0, 1, 2, ...
  // EVA-CLIP only.
  int projection = 0;  // width of its head, which projects any token into CLIP's space; 0: no head
  // Segmentation only: what is in place of final norm and head; num_classes are its outputs.
  std::optional<DecoderConfig> decoder{};

  bool is_eva_x() const { return arch == "eva_x"; }
  bool is_eva_clip() const { return arch == "eva01_clip" || arch == "eva02_clip"; }
  /// The convolutional networks run in evax-train only.
  bool is_transformer() const { return is_eva_x() || is_eva_clip() || arch == "vit"; }
  bool swiglu() const { return is_eva_x() || arch == "eva02_clip"; }  // else GELU
  bool rotary() const { return swiglu(); }  // rotary position embedding, heads of 64 channels
  bool attn_norm() const { return arch == "eva02_clip"; }  // LayerNorm before attention's output
  bool key_bias() const { return arch == "vit"; }          // else queries and values alone have one
  int head_outputs() const { return is_eva_clip() ? projection : decoder ? 0 : num_classes; }
  int grid() const { return image_size / patch_size; }
  int tokens() const { return grid() * grid() + 1; }  // cls first
};

/// "eva_x_tiny", "vit_base", "eva02_clip_large", ... when every size of the network is that
/// model's, whatever its image size and head; otherwise its arch.
std::string variant_of(const ModelConfig& config);

/// The sizes of a variant at 224 pixels, without a head; nothing for "eva_x", "vit" and unknown
/// names.
std::optional<ModelConfig> published_config(std::string_view variant);
/// The names published_config() knows of networks to train: all but EVA-CLIP's, which only teach.
std::vector<std::string> published_variants();
/// Channels of a head in the published models of that width: 64, more in giants (88 in g/14).
int usual_head_width(int embed_dim);

/// Throws Error naming `path` when there is no such architecture.
void check_arch(const std::string& arch, const std::string& path);
/// Throws Error naming `path` and the first number that makes no such network, or an absurd one.
void check_config(const ModelConfig& config, const std::string& path);

/// The module that gives the logits: "head" (transformers), "fc" (ResNet), "classifier" (DenseNet),
/// "decode_head.conv_seg" (segmentation).
std::string_view head_name(const ModelConfig& config);
/// The norm before a transformer's head: "fc_norm" after mean pooling, else "norm".
std::string_view final_norm_name(const ModelConfig& config);

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

/// Which weights are rounded to 8 bits (weights/quantization.h).
struct Quantization {
  std::vector<std::string> layers;  // "blocks.0.attn.qkv", ...
  std::string check;                // how far results are from float32's; empty: not checked
};

/// The JSON under the key `evax` of a model file (design.md 3).
struct Metadata {
  ModelConfig model;
  Task task = Task::multilabel;
  std::vector<std::string> classes;
  Preprocess preprocess;
  std::vector<double> thresholds;              // per class, or empty
  std::optional<double> temperature;           // logits are divided by it
  std::optional<Quantization> quantization{};  // none: all weights are floating-point numbers
  std::map<std::string, std::string> provenance;

  /// Whether the weights of a layer, "blocks.0.attn.qkv", are rounded to 8 bits.
  bool is_quantized(std::string_view layer) const;
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
Metadata from_json(const nlohmann::json& json, const std::string& path);
Preprocess preprocess_from_json(const nlohmann::json& json, const std::string& where);

/// Every parameter a network of this configuration has, in timm's or torchvision's order: name and
/// shape; a decoder's behind its encoder's, under mmsegmentation's names without "backbone."; the
/// running statistics of BatchNorm among them, without its count of batches.
/// A pretrained file additionally keeps mask_token and lm_head.* (pretraining_parameters_of).
std::vector<std::pair<std::string, Shape>> parameters_of(const ModelConfig& config);

/// How many numbers are trained: parameters_of() without running statistics.
int64_t parameter_count(const ModelConfig& config);

/// mask_token, lm_head.weight and lm_head.bias for targets of `target_dim` numbers.
std::vector<std::pair<std::string, Shape>> pretraining_parameters_of(const ModelConfig& config,
                                                                     int64_t target_dim);

}  // namespace evax::weights
