#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/weights/model_file.h"

namespace evax::weights {

/// How the position embedding is resized when --image-size asks for another grid (spec A.4).
enum class PosEmbedResize {
  official,  // classification loader: float32, bicubic, no antialias
  timm,      // resample_abs_pos_embed: bicubic, antialias
};

struct ImportOptions {
  std::vector<std::string> classes{};  // empty: the preset's, else class_0, class_1, ...
  std::string preset{};                // cxr14 | chexpert | covidx3 | covidx4 | pretrained | empty
  std::optional<Task> task{};          // default: the preset's, else by class count
  std::optional<DType> dtype{};        // default: as stored (F64 becomes F32)
  std::optional<int> image_size{};     // default: as stored
  std::optional<int> num_heads{};      // default: of usual_head_width(); files do not store it
  PosEmbedResize pos_embed_resize = PosEmbedResize::official;
  /// Takes a ResNet50 without layer4 (MedKLIP's): to start a training from, not to save.
  bool partial = false;
};

struct Imported {
  ModelFile model;
  std::vector<std::string> notes;  // what a person should know: "norm became fc_norm", ...
};

/// Reads a checkpoint in any known layout (EVA-X: official pre-training or fine-tuning .pt/.pth,
/// timm, Hugging Face folder, safetensors; EVA-CLIP; the baselines of spec G), recognised from
/// names and shapes; the image tower of MGCA or EVA-CLIP is taken out of the whole (spec B.4).
/// mmsegmentation's models keep their decoder (spec D.4, D.5).
/// Throws Error.
Imported import_checkpoint(const std::string& path, const ImportOptions& options);

/// A model file as it is, which must have options.num_heads where they are given; any other
/// checkpoint through import_checkpoint. Throws Error.
Imported read_weights(const std::string& path, const ImportOptions& options);

enum class ExportLayout { timm, official, hf, evax };

/// Writes the model in another program's layout: timm and official as .safetensors or as .pth that
/// torch.load(weights_only=True) opens (by the ending of `path`), hf as a folder. Of a segmentation
/// model official is mmsegmentation's, and there is no other. evax: a model file again. What the
/// layout has no place for (thresholds, ...) travels as a record that import_checkpoint reads.
/// Returns notes for a person.
std::vector<std::string> export_model(const ModelFile& model, const std::string& path,
                                      ExportLayout layout);

}  // namespace evax::weights
