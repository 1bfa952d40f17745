// Imports checkpoints that are nearly right: the parameters of a small network of the fuzzer's
// choice, of which it leaves out, renames, reshapes or adds some, under a prefix of its choice.

#include "evax/weights/convert.h"
#include "evax/weights/safetensors.h"
#include "tests/fuzz/harness.h"

using namespace evax;
using namespace evax::weights;
using evax::fuzz::Choices;

namespace {

ModelConfig choose_network(Choices& choices) {
  ModelConfig config;
  config.arch = choices.one_of({"eva_x", "vit", "eva02_clip", "eva01_clip"});
  config.image_size = 16 * choices.between(1, 3);
  config.num_heads = choices.between(1, 2);
  config.embed_dim = 64 * config.num_heads;
  config.depth = choices.between(1, 2);
  config.mlp_hidden = choices.between(1, 40);
  config.num_classes = choices.below(5);
  config.pool = config.arch == "vit" && choices.rarely(4) ? "token" : "avg";
  if (config.is_eva_x()) config.sub_ln = config.qkv_split = choices.rarely(2);
  if (config.is_eva_clip()) config.projection = choices.below(4);
  return config;
}

Shape choose_shape(Choices& choices) {
  Shape shape;
  for (int i = choices.below(6); i > 0; --i) shape.push_back(choices.below(8));
  return shape;
}

void change(TensorMap& tensors, Choices& choices) {
  if (tensors.empty()) return;
  const auto place = std::next(tensors.begin(), choices.word() % static_cast<long>(tensors.size()));
  switch (choices.below(6)) {
    case 0: tensors.erase(place); break;
    case 1: place->second = Tensor(DType::f32, choose_shape(choices)); break;
    case 2: {
      const DType dtype = choices.one_of({DType::f16, DType::i64, DType::boolean});
      place->second = Tensor(dtype, place->second.shape());
      break;
    }
    case 3: tensors[choices.text(choices.byte() % 40)] = place->second; break;
    case 4: {
      const std::string name = choices.one_of(
          {"rope.freqs_cos", "blocks.0.attn.rope.freqs_sin", "mask_token", "lm_head.weight",
           "fc_norm.weight", "norm.weight", "head.bias", "cls_token", "pos_embed", "fc.weight",
           "layer1.0.conv1.weight", "features.conv0.weight", "decode_head.conv_seg.weight",
           "backbone.patch_embed.proj.weight", "visual.pos_embed", "encoder_q.model.cls_token",
           "decoder_pos_embed", "blocks.7.norm1.weight"});
      tensors[name] = Tensor(DType::f32, choose_shape(choices));
      break;
    }
    default: {  // a name with some of it cut off, and an ending
      auto node = tensors.extract(place);
      const size_t cut = std::min<size_t>(node.key().size(), choices.below(12));
      node.key() = node.key().substr(cut) + choices.one_of({"", ".weight", ".0"});
      tensors.insert(std::move(node));
    }
  }
}

TensorMap under(const std::string& prefix, const TensorMap& tensors) {
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) renamed[prefix + name] = tensor;
  return renamed;
}

}  // namespace

EVAX_FUZZ_TARGET(import_checkpoint) {
  static const fuzz::Scratch scratch;
  const std::string path = scratch.path() + "/checkpoint.safetensors";
  Choices choices(input);
  TensorMap tensors;
  const ModelConfig network = choose_network(choices);
  for (const auto& [name, shape] : parameters_of(network))
    tensors[name] = Tensor(DType::f32, shape);
  ImportOptions options;
  if (choices.rarely(4)) options.image_size = 16 * choices.below(6);
  if (choices.rarely(4)) options.num_heads = choices.below(6);
  if (choices.rarely(4)) options.dtype = choices.one_of({DType::f16, DType::bf16, DType::f64});
  options.preset = choices.rarely(8) ? "cxr14" : "";
  options.partial = choices.rarely(8);
  const std::string prefix = choices.one_of(
      {"", "", "", "module.", "model.", "visual.", "backbone.", "encoder.", "_orig_mod.module."});
  for (int i = choices.below(8); i > 0; --i) change(tensors, choices);
  save_safetensors(path, under(prefix, tensors), {});
  fuzz::read_or_refuse([&] { import_checkpoint(path, options); });
}
