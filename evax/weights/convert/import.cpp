#include "evax/core/error.h"
#include "evax/weights/check.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/baseline.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/convert/mmseg.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/convert/pos_embed.h"
#include "evax/weights/convert/presets.h"
#include "evax/weights/convert/recognise.h"
#include "evax/weights/convert/surroundings.h"
#include "evax/weights/describe.h"

namespace evax::weights {
namespace {

/// One import, step by step: each method leaves the model nearer to our own layout and says in the
/// notes what a person should know.
class Importer {
 public:
  Importer(const std::string& path, const ImportOptions& options)
      : path_(path), options_(options), checkpoint_(read_checkpoint(path)) {
    if (!options.preset.empty()) preset_ = &preset_named(options.preset);
  }

  Imported run() {
    if (checkpoint_.safetensors_metadata.contains("evax"))
      fail("{}: expected a checkpoint to import, found an evax model file", path_);
    refuse_adapters(checkpoint_.tensors, path_);
    note_passed_over();
    checkpoint_.tensors = without_inner_wrappers(std::move(checkpoint_.tensors), path_, notes_);
    take_decoder();
    if (auto baseline = find_baseline(checkpoint_.tensors, path_))
      take_convolutional(std::move(*baseline));
    else
      take_transformer();
    convert_dtypes();
    set_surroundings({path_, options_, checkpoint_, preset_, mgca_, layout_}, metadata_, notes_);
    return {{std::move(metadata_), std::move(tensors_)}, std::move(notes_)};
  }

 private:
  void note_passed_over() {
    if (checkpoint_.passed_over.empty()) return;
    notes_.push_back(fmt::format("the tensors under '{}' are taken, not those under {}",
                                 checkpoint_.wrapper, list_some(checkpoint_.passed_over)));
  }

  /// What is left is the encoder, named as in its own checkpoints.
  void take_decoder() {
    TensorMap& tensors = checkpoint_.tensors;
    const std::string prefix = network_prefix(tensors, "decode_head.conv_seg.weight", path_);
    if (!prefix.empty()) tensors = take_prefix(std::move(tensors), prefix, notes_);
    std::vector<std::string> names;
    for (const auto& item : tensors) names.push_back(item.first);
    if (!is_mmseg(names)) return;
    MmsegParts parts = take_apart_mmseg(checkpoint_.tensors, notes_);
    checkpoint_.tensors = std::move(parts.encoder);
    decoder_ = std::move(parts.decoder);
  }

  void add_decoder() {
    if (decoder_.empty()) return;
    recognise_decoder(decoder_, metadata_.model, path_);
    tensors_.merge(decoder_);
  }

  void take_transformer() {
    rename_tensors();
    resize_patches();
    const TensorMap tables = take_rope_tables(tensors_);
    resolve_final_norm();
    metadata_.model = recognise(tensors_, num_heads(), path_);
    add_decoder();
    check_tensors(path_, expected_tensors(metadata_.model, tensors_), tensors_);
    set_rope_ref_grid(tables);
    resize_image();
  }

  /// Neither the heads nor, in timm's layout, the rotary grid show in the tensors.
  std::optional<int> num_heads() const {
    const auto& exported = checkpoint_.exported;
    if (options_.num_heads || !exported || !exported->model.is_transformer())
      return options_.num_heads;
    return exported->model.num_heads;
  }

  void take_convolutional(Baseline baseline) {
    if (!baseline.complete && !options_.partial)
      fail("{}: expected a whole ResNet50, found one without layer4: it can only start a training",
           path_);
    const bool resnet = baseline.network == Baseline::Network::resnet50;
    metadata_.model = *published_config(resnet ? "resnet50" : "densenet121");
    metadata_.model.num_classes = baseline.num_classes;
    if (!decoder_.empty()) metadata_.model.image_size = segmentation_size;
    if (checkpoint_.exported) metadata_.model.image_size = checkpoint_.exported->model.image_size;
    if (options_.image_size) metadata_.model.image_size = *options_.image_size;
    check_config(metadata_.model, path_);
    tensors_ = std::move(baseline.tensors);
    set_layout("torchvision");
    for (std::string& note : baseline.notes) notes_.push_back(std::move(note));
    if (decoder_.empty()) return;
    add_decoder();
    check_tensors(path_, parameters_of(metadata_.model), tensors_);
  }

  void rename_tensors() {
    mgca_ = is_mgca(checkpoint_.tensors);
    const std::string prefix =
        network_prefix(checkpoint_.tensors, "patch_embed.proj.weight", path_);
    TensorMap stripped = take_prefix(std::move(checkpoint_.tensors), prefix, notes_);
    std::vector<std::string> names;
    for (const auto& item : stripped) names.push_back(item.first);
    const auto naming = find_naming(names);
    if (!naming)
      fail(
          "{}: expected a checkpoint of EVA-X or of a baseline, found {} tensors that are "
          "neither's: {}",
          path_, names.size(), list_some(names));
    const bool split = stripped.contains("blocks.0.attn.q_proj.weight");
    for (auto& [name, tensor] : stripped) {
      std::string renamed = *naming == Naming::official ? timm_name(name, split) : name;
      if (!tensors_.emplace(renamed, std::move(tensor)).second)
        fail("{}: two tensors would both become {}", path_, renamed);
    }
    arch_ = arch_of(tensors_);
    set_layout(*naming == Naming::official ? "official" : "timm");
  }

  void set_layout(std::string_view of_encoder) {
    layout_ = decoder_.empty() ? of_encoder : "mmsegmentation";
    const std::string wrapper =
        checkpoint_.wrapper.empty() ? "" : fmt::format(", under '{}'", checkpoint_.wrapper);
    notes_.insert(notes_.begin(),
                  fmt::format("{} layout, {}{}", layout_, checkpoint_.container, wrapper));
  }

  /// The final norm of pre-training becomes fc_norm, as in timm's loader (spec A.6, step 7); beside
  /// an fc_norm it is one that mean pooling never used.
  void resolve_final_norm() {
    if (arch_ == "vit") return resolve_vit_norm();
    if (arch_ != "eva_x") return;
    const bool has_norm = tensors_.contains("norm.weight");
    const bool has_fc_norm = tensors_.contains("fc_norm.weight");
    if (!has_norm) return;
    if (has_fc_norm && !tensors_.contains("mask_token")) {
      tensors_.erase("norm.weight");
      tensors_.erase("norm.bias");
      notes_.emplace_back("left out norm.*, which mean pooling does not use");
      return;
    }
    if (has_fc_norm) return;
    if (tensors_.contains("head.weight"))
      fail("{}: expected mean pooling (fc_norm before the head), found norm", path_);
    for (const char* part : {".weight", ".bias"}) {
      auto node = tensors_.extract("norm" + std::string(part));
      if (node.empty()) continue;
      node.key() = "fc_norm" + std::string(part);
      tensors_.insert(std::move(node));
    }
    notes_.emplace_back("norm became fc_norm");
  }

  /// A plain ViT: what MAE's pre-training has beside its encoder is left out, and a norm that mean
  /// pooling does not use.
  void resolve_vit_norm() {
    const size_t all = tensors_.size();
    std::erase_if(tensors_, [](const auto& item) {
      return item.first.starts_with("decoder_") || item.first == "mask_token";
    });
    if (tensors_.size() < all)
      notes_.push_back(
          fmt::format("left out the decoder and mask token of a masked autoencoder, {} tensors",
                      all - tensors_.size()));
    if (!tensors_.contains("fc_norm.weight") || !tensors_.contains("norm.weight")) return;
    tensors_.erase("norm.weight");
    tensors_.erase("norm.bias");
    notes_.emplace_back("left out norm.*, which mean pooling does not use");
  }

  /// EVA-02's smallest models have patches of 14 pixels on a 16 x 16 grid: kernel and position
  /// embedding are resized for 16 pixels as the official code does (tools/interpolate14to16.py).
  void resize_patches() {
    constexpr int64_t wanted = 16;
    const auto kernel = tensors_.find("patch_embed.proj.weight");
    const auto pos_embed = tensors_.find("pos_embed");
    constexpr int64_t found = 14;
    constexpr int grid = 16;
    if (arch_ != "eva_x" || kernel == tensors_.end() || pos_embed == tensors_.end() ||
        kernel->second.shape().size() != 4 || kernel->second.size(2) != found ||
        kernel->second.size(3) != found || pos_embed->second.shape().size() != 3 ||
        pos_embed->second.size(1) != 1 + grid * grid)
      return;
    kernel->second = resize_patch_kernel(kernel->second, wanted);
    pos_embed->second = resize_pos_embed(pos_embed->second, grid, static_cast<int>(found),
                                         PosEmbedResize::official);
    take_rope_tables(tensors_);  // of the old grid
    notes_.emplace_back("patches resized from 14 to 16 pixels, pos_embed from 16 x 16 to 14 x 14");
  }

  void set_rope_ref_grid(const TensorMap& tables) {
    ModelConfig& model = metadata_.model;
    // The official loader drops EVA-CLIP's tables and computes them anew (spec B.7.3).
    if (!model.is_eva_x()) return;
    const auto& exported = checkpoint_.exported;
    const auto said =
        exported ? std::optional(exported->model.rope_ref_grid) : checkpoint_.hub.rope_ref_grid;
    if (tables.empty() && said) {
      model.rope_ref_grid = *said;
      check_config(model, path_);
      return;
    }
    model.rope_ref_grid = rope_ref_grid_of(tables, model.grid(), path_);
    if (!tables.empty())
      notes_.push_back(
          fmt::format("rotary tables are those of reference grid {}; they are "
                      "recomputed in float32, not loaded",
                      model.rope_ref_grid));
  }

  void resize_image() {
    ModelConfig& model = metadata_.model;
    if (!options_.image_size || *options_.image_size == model.image_size) return;
    ModelConfig resized = model;
    resized.image_size = *options_.image_size;
    check_config(resized, path_);
    Tensor& pos_embed = tensors_.at("pos_embed");
    pos_embed =
        resize_pos_embed(pos_embed, model.grid(), resized.grid(), options_.pos_embed_resize);
    notes_.push_back(fmt::format("pos_embed resized from {0} x {0} to {1} x {1} patches",
                                 model.grid(), resized.grid()));
    model = resized;
  }

  void convert_dtypes() {
    if (options_.dtype && (!is_floating(*options_.dtype) || *options_.dtype == DType::f64))
      throw UsageError(
          fmt::format("expected the dtype F32, F16 or BF16, found {}", name_of(*options_.dtype)));
    for (auto& [name, tensor] : tensors_) {
      const DType kept = tensor.dtype() == DType::f64 ? DType::f32 : tensor.dtype();
      const DType wanted = options_.dtype.value_or(kept);
      if (wanted == tensor.dtype()) continue;
      tensor = tensor.to(wanted);
      if (has_non_finite(tensor))
        fail("{}: {} leaves the range of {}", path_, name, name_of(wanted));
    }
  }

  const std::string path_;
  const ImportOptions& options_;
  const Preset* preset_ = nullptr;
  Checkpoint checkpoint_;
  bool mgca_ = false;
  std::string arch_;  // of a transformer
  std::string_view layout_;
  TensorMap decoder_;  // of a segmentation model, until it joins the encoder
  Metadata metadata_;
  TensorMap tensors_;
  std::vector<std::string> notes_;
};

}  // namespace

Imported import_checkpoint(const std::string& path, const ImportOptions& options) {
  return Importer(path, options).run();
}

Imported read_weights(const std::string& path, const ImportOptions& options) {
  if (!describe_checkpoint(path).metadata) return import_checkpoint(path, options);
  Imported read{load_model(path), {}};
  if (read.model.metadata.quantization)
    fail("{}: its weights are rounded to 8 bits for inference; expected the model it was made of",
         path);
  const int num_heads = read.model.metadata.model.num_heads;
  if (options.num_heads.value_or(num_heads) != num_heads)
    fail("{}: expected {} heads, found a model file of {}", path, *options.num_heads, num_heads);
  return read;
}

}  // namespace evax::weights
