#include "evax/weights/cost_decoder.h"

namespace evax::weights {
namespace {

// The number in the middle of a name, behind `part`: one digit.
int index_behind(std::string_view name, std::string_view part) {
  return name.at(name.find(part) + part.size()) - '0';
}

// Level 0 is the finest of four: patches cut in four, then each level half the one before.
int pyramid_side(const ModelConfig& config, int level) { return 4 * config.grid() >> level; }

int upernet_side(const ModelConfig& config, std::string_view name) {
  const auto starts = [&](std::string_view start) { return name.starts_with(start); };
  if (starts("fpn1.3.")) return 2 * config.grid();
  if (starts("fpn")) return config.grid();
  if (starts("decode_head.psp_modules."))
    return config.decoder->pool_scales.at(index_behind(name, "psp_modules."));
  if (starts("decode_head.bottleneck.")) return pyramid_side(config, 3);
  for (const std::string_view convs : {"lateral_convs.", "fpn_convs."})
    if (name.find(convs) != std::string_view::npos)
      return pyramid_side(config, index_behind(name, convs));
  return pyramid_side(config, 0);
}

// Every block of a U-Net doubles what 32 pixels became; its head works at full size.
int unet_side(const ModelConfig& config, std::string_view name) {
  constexpr int stride = 32;
  if (!name.starts_with("decoder.")) return config.image_size;
  return config.image_size / stride << (1 + index_behind(name, "blocks."));
}

}  // namespace

std::string decoder_stage(std::string_view name) {
  return name.starts_with("fpn") ? "fpn" : std::string(name.substr(0, name.find('.')));
}

double decoder_positions(const ModelConfig& config, std::string_view name) {
  const double side =
      config.decoder->kind == "unet" ? unet_side(config, name) : upernet_side(config, name);
  return side * side;
}

}  // namespace evax::weights
