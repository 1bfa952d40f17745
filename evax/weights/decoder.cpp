#include "evax/weights/decoder.h"

#include <fmt/ranges.h>

#include "evax/core/error.h"
#include "evax/weights/config.h"

namespace evax::weights {
namespace {

constexpr int resnet_stride = 32;  // of ResNet50's coarsest features

void check_upernet(const ModelConfig& config, const std::string& path) {
  constexpr size_t most_scales = 8;
  constexpr int largest_scale = 64;
  const std::vector<int>& scales = config.decoder->pool_scales;
  if (scales.empty() || scales.size() > most_scales)
    fail("{}: expected 1 to {} pool_scales, found {}", path, most_scales, scales.size());
  for (const int scale : scales)
    if (scale < 1 || scale > largest_scale)
      fail("{}: expected pool_scales between 1 and {}, found {}", path, largest_scale, scale);
  if (config.grid() < 2)
    fail("{}: expected at least 2 x 2 patches for a feature pyramid, found {} x {}", path,
         config.grid(), config.grid());
}

void check_unet(const ModelConfig& config, const std::string& path) {
  if (config.decoder->channels % 4 != 0)
    fail("{}: expected channels of a U-Net that are a multiple of 4, found {}", path,
         config.decoder->channels);
  if (config.image_size % resnet_stride != 0)
    fail("{}: expected an image_size that is a multiple of {} for a U-Net, found {}", path,
         resnet_stride, config.image_size);
}

}  // namespace

DecoderConfig default_decoder(const ModelConfig& encoder) {
  if (encoder.is_transformer()) return {};
  return {.kind = "unet", .channels = 64, .pool_scales = {}};
}

std::vector<int> decoder_inputs(const ModelConfig& config) {
  constexpr size_t levels = 4;
  if (config.is_transformer()) return std::vector<int>(levels, config.embed_dim);
  return {64, 256, 512, 1024, 2048};
}

std::vector<int> unet_channels(int head_channels) {
  return {4 * head_channels, 2 * head_channels, head_channels, head_channels / 2,
          head_channels / 4};
}

void check_decoder(const ModelConfig& config, const std::string& path) {
  constexpr int most_channels = 4096;
  const DecoderConfig& decoder = *config.decoder;
  const bool encodes = config.is_eva_x() || config.arch == "vit" || config.arch == "resnet50";
  if (!encodes) fail("{}: expected an encoder of segmentation, found arch '{}'", path, config.arch);
  if (const std::string kind = default_decoder(config).kind; decoder.kind != kind)
    fail("{}: expected the decoder '{}' for {}, found '{}'", path, kind, config.arch, decoder.kind);
  if (decoder.channels < 1 || decoder.channels > most_channels)
    fail("{}: expected channels of the decoder between 1 and {}, found {}", path, most_channels,
         decoder.channels);
  if (config.num_classes < 1) fail("{}: expected at least one class to segment, found none", path);
  if (decoder.kind == "upernet")
    check_upernet(config, path);
  else
    check_unet(config, path);
}

bool is_decoder_parameter(std::string_view name) {
  return name.starts_with("fpn") || name.starts_with("decoder.") ||
         name.starts_with("decode_head.");
}

}  // namespace evax::weights
