#include "evax/weights/convert/hub_folder.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"

namespace evax::weights {
namespace {

using Json = nlohmann::ordered_json;

/// timm has no builder of EVA-X: its EVA-02 ones are the nearest, and model_args makes up the rest,
/// as it does for plain ViTs and other sizes of EVA-CLIP.
std::string_view nearest_architecture(const ModelConfig& model) {
  if (!model.is_transformer()) return model.arch;
  if (model.arch == "vit") return "vit_base_patch16_224";
  if (model.arch == "eva01_clip") return "eva_giant_patch14_clip_224";
  if (model.arch == "eva02_clip")
    return model.variant == "eva02_clip_large" ? "eva02_large_patch14_clip_224"
                                               : "eva02_base_patch16_clip_224";
  if (model.variant == "eva_x_small") return "eva02_small_patch14_224";
  if (model.sub_ln || model.qkv_split) return "eva02_base_patch14_224";
  return "eva02_tiny_patch14_224";
}

/// timm computes the hidden size as int(embed_dim * mlp_ratio).
double mlp_ratio(const ModelConfig& model) {
  constexpr double usual = 4.0 * 2 / 3;
  if (static_cast<int>(model.embed_dim * usual) == model.mlp_hidden) return usual;
  return (model.mlp_hidden + 0.5) / model.embed_dim;
}

Json vit_args(const ModelConfig& model) {
  return {{"img_size", model.image_size},
          {"patch_size", model.patch_size},
          {"embed_dim", model.embed_dim},
          {"depth", model.depth},
          {"num_heads", model.num_heads},
          {"mlp_ratio", static_cast<double>(model.mlp_hidden) / model.embed_dim},
          {"global_pool", model.pool}};
}

Json model_args(const ModelConfig& model) {
  if (!model.is_transformer()) return Json::object();
  if (model.arch == "vit") return vit_args(model);
  Json args{{"img_size", model.image_size},  {"patch_size", model.patch_size},
            {"embed_dim", model.embed_dim},  {"depth", model.depth},
            {"num_heads", model.num_heads},  {"qkv_fused", !model.qkv_split},
            {"mlp_ratio", mlp_ratio(model)}, {"swiglu_mlp", model.swiglu()},
            {"scale_mlp", model.sub_ln},     {"use_rot_pos_emb", model.rotary()}};
  if (model.rotary()) args["ref_feat_shape"] = {model.rope_ref_grid, model.rope_ref_grid};
  if (model.is_eva_clip()) {
    args["scale_attn_inner"] = model.attn_norm();
    args["global_pool"] = model.pool;
  }
  return args;
}

std::string_view first_conv(const ModelConfig& model) {
  if (model.is_transformer()) return "patch_embed.proj";
  return model.arch == "resnet50" ? "conv1" : "features.conv0";
}

/// timm resizes to floor(crop / crop_pct), which rounding may leave one short.
double crop_pct(const Preprocess& preprocess) {
  double share = static_cast<double>(preprocess.crop) / preprocess.resize[0];
  while (std::floor(preprocess.crop / share) < preprocess.resize[0])
    share = std::nextafter(share, 0.0);
  return share;
}

Json pretrained_cfg(const Metadata& metadata) {
  const Preprocess& preprocess = metadata.preprocess;
  const Json ours = to_json(preprocess);
  return {{"custom_load", false},
          {"input_size", {3, preprocess.crop, preprocess.crop}},
          {"fixed_input_size", true},
          {"interpolation", ours["interpolation"]},
          {"crop_pct", crop_pct(preprocess)},
          {"crop_mode", preprocess.fit == Fit::squash ? "squash" : "center"},
          {"mean", ours["mean"]},
          {"std", ours["std"]},
          {"num_classes", metadata.model.head_outputs()},
          {"pool_size", nullptr},
          {"first_conv", first_conv(metadata.model)},
          {"classifier", head_name(metadata.model)}};
}

Json hub_config(const Metadata& metadata) {
  Json config = {{"architecture", nearest_architecture(metadata.model)},
                 {"num_classes", metadata.model.head_outputs()},
                 {"num_features", metadata.model.embed_dim},
                 {"global_pool", metadata.model.pool}};
  if (!metadata.classes.empty()) config["label_names"] = metadata.classes;
  if (metadata.task == Task::multilabel) config["problem_type"] = "multi_label_classification";
  if (metadata.task == Task::multiclass) config["problem_type"] = "single_label_classification";
  config["model_args"] = model_args(metadata.model);
  config["pretrained_cfg"] = pretrained_cfg(metadata);
  return config;
}

/// A folder that is removed again unless it was renamed to its name.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::string path)
      : path_(std::move(path)), temporary_(fmt::format("{}.{}.tmp", path_, ::getpid())) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::exists(path_) && !(fs::is_directory(path_) && fs::is_empty(path_, error)))
      fail("{}: expected a new or empty folder to write, found one with content", path_);
    if (!fs::create_directory(temporary_, error))
      fail("{}: cannot make the folder: {}", path_, error ? error.message() : "it exists");
  }
  ~AtomicFolder() {
    std::error_code ignored;
    if (!committed_) std::filesystem::remove_all(temporary_, ignored);
  }
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  std::string file(const std::string& name) const { return temporary_ + "/" + name; }

  void commit() {
    std::error_code error;
    std::filesystem::rename(temporary_, path_, error);
    if (error) fail("{}: cannot make the folder: {}", path_, error.message());
    committed_ = true;
  }

 private:
  std::string path_;
  std::string temporary_;
  bool committed_ = false;
};

/// "out/" names the same folder as "out"; the temporary name stands beside it.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

bool hub_says_all(const Preprocess& preprocess) {
  return preprocess.arithmetic == Arithmetic::pillow8 && preprocess.antialias &&
         preprocess.resize[0] == preprocess.resize[1];
}

void save_hub_folder(const std::string& path, const Metadata& metadata, const TensorMap& tensors,
                     const TextMap& header) {
  AtomicFolder folder(write_target(without_slash(path)));
  save_safetensors(folder.file("model.safetensors"), tensors, header);
  write_file(folder.file("config.json"), hub_config(metadata).dump(2) + "\n");
  folder.commit();
}

}  // namespace evax::weights
