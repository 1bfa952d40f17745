#include "evax/weights/convert/tokenizer.h"

#include "evax/core/error.h"
#include "evax/weights/convert/pos_embed.h"

namespace evax::weights {

void fit_tokenizer(ModelFile& model, const std::string& path, int grid, int patch_size,
                   PatchFit fit, std::vector<std::string>& notes) {
  ModelConfig& config = model.metadata.model;
  if (!config.is_transformer())
    fail("{}: expected a vision transformer, which has a token for every patch, found {}", path,
         config.variant);
  const int found_grid = config.grid();
  if (fit == PatchFit::kernel && config.patch_size != patch_size) {
    Tensor& kernel = model.tensors.at("patch_embed.proj.weight");
    kernel = resize_patch_kernel(kernel, patch_size);
    notes.push_back(fmt::format("patch kernel resized from {0} x {0} to {1} x {1} pixels",
                                config.patch_size, patch_size));
    config.patch_size = patch_size;
  }
  if (found_grid != grid) {
    Tensor& pos_embed = model.tensors.at("pos_embed");
    pos_embed = resize_pos_embed(pos_embed, found_grid, grid, PosEmbedResize::official);
    notes.push_back(fmt::format("position embedding resized from {0} x {0} to {1} x {1} patches",
                                found_grid, grid));
  }
  config.image_size = grid * config.patch_size;
  config.variant = variant_of(config);
  check_config(config, path);
}

}  // namespace evax::weights
