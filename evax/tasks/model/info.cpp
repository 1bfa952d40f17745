#include "evax/tasks/model/info.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json.h"
#include "evax/core/json_text.h"
#include "evax/image/folder.h"
#include "evax/image/read.h"
#include "evax/tasks/data/shard_info.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/model/model_cost.h"
#include "evax/tasks/output.h"
#include "evax/weights/check.h"
#include "evax/weights/describe.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;

// "F16", or "F16, F32" where a file mixes them.
std::string dtypes_of(const weights::CheckpointSummary& summary) {
  std::vector<std::string> names;
  for (const auto& tensor : summary.tensors)
    if (std::find(names.begin(), names.end(), tensor.dtype) == names.end())
      names.push_back(tensor.dtype);
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

Json describe_weights(const weights::CheckpointSummary& summary, bool tensors) {
  Json json = Json::object();
  if (summary.metadata) {
    json = weights::to_json(*summary.metadata);
  } else {
    json["container"] = summary.container;
    json["layout"] = summary.layout;
    if (!summary.wrapper.empty()) json["wrapper"] = summary.wrapper;
    Json args = Json::object();
    for (const auto& [name, value] : summary.args) add_new(args, name, value);
    if (!args.empty()) json["args"] = std::move(args);
  }
  json["parameters"] = summary.parameters;
  json["dtype"] = dtypes_of(summary);
  if (!tensors) return json;
  Json& all = json["tensors"] = Json::object();
  for (const auto& tensor : summary.tensors)
    add_new(all, tensor.name, {{"dtype", tensor.dtype}, {"shape", tensor.shape}});
  return json;
}

Json describe_image(const std::string& path, const image::ReadOptions& reading) {
  const auto [image, info] = image::read(path, reading);
  Json json{{"format", info.format},
            {"width", image.width},
            {"height", image.height},
            {"channels", image.channels},
            {"bits", info.bits}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("modality", info.modality);
  add("view", info.view);
  add("body_part", info.body_part);
  add("photometric", info.photometric);
  add("transfer_syntax", info.transfer_syntax);
  add("window", info.window);
  if (info.pixel_spacing) json["pixel_spacing_mm"] = *info.pixel_spacing;
  json["warnings"] = info.warnings;
  return json;
}

// One "key: value" line each, nested objects indented; lists of plain values on one line.
void print_lines(const Json& json, const std::string& indent, std::string& text) {
  for (const auto& [key, value] : json.items()) {
    text += indent + printable(key) + ":";
    if (value.is_object()) {
      text += "\n";
      print_lines(value, indent + "  ", text);
    } else if (value.is_string()) {
      text += " " + printable(value.get<std::string>(), 2000) + "\n";
    } else if (value.is_array() && !value.empty() && value[0].is_string()) {
      constexpr size_t most = 20;  // of texts on a line
      std::vector<std::string> list;
      for (const Json& entry : value) list.push_back(printable(entry.get<std::string>()));
      text += " " +
              (list.size() > most ? weights::list_some(list)
                                  : fmt::format("{}", fmt::join(list, ", "))) +
              "\n";
    } else {
      text += " " + value.dump() + "\n";
    }
  }
}

// Tensors in columns: name, dtype, shape.
std::string tensor_table(const weights::CheckpointSummary& summary) {
  size_t width = 0;
  for (const auto& tensor : summary.tensors) width = std::max(width, tensor.name.size());
  std::string text = "tensors:\n";
  for (const auto& tensor : summary.tensors)
    text += fmt::format("  {:<{}}  {:<4}  {}\n", printable(tensor.name), width, tensor.dtype,
                        to_string(tensor.shape));
  return text;
}

std::string dump(const Json& json) { return json_text(json, 2) + "\n"; }

std::string lines_of(const Json& json) {
  std::string text;
  print_lines(json, "", text);
  return text;
}

std::string plain_text(const Json& json, const InfoOptions& options) {
  if (options.flops)
    fail("{}: expected a model file or the name of a network for --flops, found none",
         options.path);
  return options.json ? dump(json) : lines_of(json);
}

std::string network_text(Json json, const weights::ModelConfig& config,
                         const InfoOptions& options) {
  if (!options.json) return lines_of(json) + (options.flops ? cost_table(config) : "");
  if (options.flops) json.update(describe_cost(config));
  return dump(json);
}

std::string published_text(const weights::ModelConfig& config, const InfoOptions& options) {
  weights::Metadata metadata;
  metadata.model = config;
  const Json json{{"model", weights::to_json(metadata).at("model")},
                  {"parameters", parameter_count(config)}};
  return network_text(json, config, options);
}

std::string weights_text(const InfoOptions& options) {
  const auto summary = weights::describe_checkpoint(options.path);
  if (options.flops && !summary.metadata)
    fail("{}: expected an evax model file for --flops (evax import makes one), found a {}",
         options.path, summary.container);
  const Json json = describe_weights(summary, options.json && options.tensors);
  std::string text = summary.metadata ? network_text(json, summary.metadata->model, options)
                                      : plain_text(json, options);
  if (options.tensors && !options.json) text += tensor_table(summary);
  return text;
}

std::string text_of(const InfoOptions& options) {
  const auto published = weights::published_config(options.path);
  if (published && !std::filesystem::exists(options.path))
    return published_text(*published, options);
  if (is_stream(options.path) || image::looks_like_image(options.path))
    return plain_text(describe_image(options.path, options.reading), options);
  if (holds_shards(options.path)) return plain_text(describe_shards(options.path), options);
  return weights_text(options);
}

}  // namespace

void info(const InfoOptions& options) {
  Output output("");
  output.write(text_of(options));
  output.commit();
}

}  // namespace evax::tasks
