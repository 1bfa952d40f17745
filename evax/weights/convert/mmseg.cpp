#include "evax/weights/convert/mmseg.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/weights/check.h"

namespace evax::weights {
namespace {

constexpr std::string_view backbone = "backbone.";
constexpr std::string_view resnet = "backbone.encoder.";
constexpr std::string_view head = "decode_head.";
constexpr std::string_view auxiliary_head = "auxiliary_head.";

// The last block's tokens go to the pyramid as they are (spec D.8.6).
bool is_classifier_part(std::string_view encoder_name) {
  return encoder_name.starts_with("norm.") || encoder_name.starts_with("fc_norm.") ||
         encoder_name.starts_with("head.");
}

}  // namespace

bool is_mmseg(const std::vector<std::string>& names) {
  const auto any = [&](std::string_view prefix) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.starts_with(prefix); });
  };
  return any(backbone) && any(head);
}

MmsegParts take_apart_mmseg(const TensorMap& tensors, std::vector<std::string>& notes) {
  MmsegParts parts;
  std::vector<std::string> others;
  for (const auto& [name, tensor] : tensors) {
    if (name.ends_with(".num_batches_tracked")) continue;
    const bool inside = name.starts_with(backbone);
    const std::string inner = inside ? name.substr(backbone.size()) : name;
    if (name.starts_with(auxiliary_head) || is_classifier_part(inner))
      others.push_back(name);
    else if (name.starts_with(resnet))
      parts.encoder.emplace(name.substr(resnet.size()), tensor);
    else if (inside && !is_decoder_parameter(inner))
      parts.encoder.emplace(inner, tensor);
    else
      parts.decoder.emplace(inner, tensor);
  }
  if (!others.empty())
    notes.push_back("left out what segmentation does not use: " + list_some(others));
  return parts;
}

void recognise_decoder(const TensorMap& decoder, ModelConfig& model, const std::string& path) {
  constexpr int64_t most = 1 << 20;  // of what becomes an int
  const std::string name = std::string(head) + "conv_seg.weight";
  const auto weight = decoder.find(name);
  if (weight == decoder.end())
    fail("{}: expected a segmentation model, found no {} among its decode_head.*", path, name);
  const Shape& shape = weight->second.shape();
  if (shape.size() != 4 || shape[0] > most || shape[1] > most)
    fail("{}: expected {} to have 4 dimensions, found {}", path, name, to_string(shape));
  model.num_classes = static_cast<int>(shape[0]);
  model.decoder = default_decoder(model);
  model.decoder->channels = static_cast<int>(shape[1]);
  check_config(model, path);
}

std::string mmseg_name(const ModelConfig& model, const std::string& name) {
  if (name.starts_with(head)) return name;
  const bool in_resnet = !model.is_transformer() && !is_decoder_parameter(name);
  return std::string(in_resnet ? resnet : backbone) + name;
}

}  // namespace evax::weights
