#include "evax/weights/model_json.h"

#include <limits>

namespace evax::weights {
namespace {

constexpr int any = std::numeric_limits<int>::max();

ModelConfig read_encoder(JsonObject json, const std::string& path) {
  ModelConfig model;
  model.arch = json.text("arch");
  check_arch(model.arch, path);  // which keys there are depends on it
  model.variant = json.text("variant");
  model.image_size = json.integer("image_size", 1, any);
  if (const auto published = published_config(model.arch))  // a convolutional network
    model.embed_dim = published->embed_dim;
  if (model.is_transformer()) {
    model.patch_size = json.integer("patch_size", 1, any);
    model.embed_dim = json.integer("embed_dim", 1, any);
    model.depth = json.integer("depth", 1, any);
    model.num_heads = json.integer("num_heads", 1, any);
    model.mlp_hidden = json.integer("mlp_hidden", 1, any);
    model.pool = json.text("pool");
  }
  if (model.is_eva_x()) {
    model.sub_ln = json.boolean("sub_ln");
    model.qkv_split = json.boolean("qkv_split");
  }
  if (model.rotary()) model.rope_ref_grid = json.integer("rope_ref_grid", 1, any);
  if (model.is_eva_clip()) {
    model.sub_ln = model.qkv_split = model.arch == "eva02_clip";
    model.projection = json.integer("projection", 0, any);
  }
  model.num_classes = json.integer("num_classes", 0, any);
  json.refuse_others();
  return model;
}

std::vector<int> read_integers(const ReadJson& json, const std::string& where) {
  std::vector<int> values;
  for (const ReadJson& value : json) values.push_back(JsonObject::integer(value, where, 1, any));
  return values;
}

// What follows from the encoder and the classes is there for other programs to read.
void read_decoder(JsonObject json, const std::string& path, ModelConfig& model) {
  DecoderConfig& decoder = model.decoder.emplace();
  decoder.kind = json.text("kind");
  decoder.channels = json.integer("channels", 1, any);
  decoder.pool_scales.clear();
  if (decoder.kind == "upernet")
    decoder.pool_scales = read_integers(json.array("pool_scales"), json.where_of("pool_scales"));
  check_decoder(model, path);
  const std::vector<int> inputs =
      read_integers(json.array("in_channels"), json.where_of("in_channels"));
  if (inputs != decoder_inputs(model))
    fail("{}: expected [{}], found [{}]", json.where_of("in_channels"),
         fmt::join(decoder_inputs(model), ", "), fmt::join(inputs, ", "));
  if (const int found = json.integer("out_channels", 1, any); found != model.num_classes)
    fail("{}: expected {} (num_classes), found {}", json.where_of("out_channels"),
         model.num_classes, found);
  json.refuse_others();
}

}  // namespace

Json to_json(const ModelConfig& model) {
  Json json{{"arch", model.arch}, {"variant", model.variant}, {"image_size", model.image_size}};
  if (model.is_transformer()) {
    json["patch_size"] = model.patch_size;
    json["embed_dim"] = model.embed_dim;
    json["depth"] = model.depth;
    json["num_heads"] = model.num_heads;
    json["mlp_hidden"] = model.mlp_hidden;
  }
  if (model.is_eva_x()) {
    json["sub_ln"] = model.sub_ln;
    json["qkv_split"] = model.qkv_split;
  }
  if (model.rotary()) json["rope_ref_grid"] = model.rope_ref_grid;
  json["num_classes"] = model.num_classes;
  if (model.is_transformer()) json["pool"] = model.pool;
  if (model.is_eva_clip()) json["projection"] = model.projection;
  return json;
}

Json decoder_to_json(const ModelConfig& model) {
  const DecoderConfig& decoder = *model.decoder;
  Json json{{"kind", decoder.kind}, {"channels", decoder.channels}};
  if (decoder.kind == "upernet") json["pool_scales"] = decoder.pool_scales;
  json["in_channels"] = decoder_inputs(model);
  json["out_channels"] = model.num_classes;
  return json;
}

ModelConfig model_from_json(JsonObject& metadata, const std::string& path) {
  ModelConfig model = read_encoder(metadata.object("model"), path);
  check_config(model, path);
  if (metadata.find("decoder") != nullptr) read_decoder(metadata.object("decoder"), path, model);
  return model;
}

}  // namespace evax::weights
