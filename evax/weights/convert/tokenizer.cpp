#include "evax/weights/convert/tokenizer.h"

#include "evax/core/error.h"
#include "evax/weights/convert/pos_embed.h"

namespace evax::weights {

void fit_tokenizer(ModelFile& model, const std::string& path, const ModelConfig& student,
                   PatchFit fit, std::vector<std::string>& notes) {
  ModelConfig& config = model.metadata.model;
  if (!config.is_transformer())
    fail("{}: expected a vision transformer, which has a token for every patch, found {}", path,
         config.variant);
  const int from = config.grid();
  const int to = student.grid();
  if (fit == PatchFit::kernel && config.patch_size != student.patch_size) {
    notes.push_back(fmt::format("patch kernel resized from {} to {} pixels", config.patch_size,
                                student.patch_size));
    Tensor& kernel = model.tensors.at("patch_embed.proj.weight");
    kernel = resize_patch_kernel(kernel.to_f32(), student.patch_size);
    config.patch_size = student.patch_size;
  }
  config.image_size = to * config.patch_size;
  config.variant = variant_of(config);
  check_config(config, path);
  if (from == to) return;
  notes.push_back(
      fmt::format("position embedding resized from {0} x {0} to {1} x {1} patches", from, to));
  Tensor& pos_embed = model.tensors.at("pos_embed");
  pos_embed = resize_pos_embed(pos_embed.to_f32(), from, to, PosEmbedResize::official);
}

}  // namespace evax::weights
