#include "evax/weights/convert/hub_config.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json.h"

namespace evax::weights {
namespace {

using ReadJson = nlohmann::json;

constexpr size_t max_config = 1 << 20;
constexpr int max_grid = 4096;
constexpr double least_share = 0.01;  // of crop_pct
constexpr double max_side = 16384;
constexpr double default_crop_pct = 0.875;  // timm's
constexpr double eight_bits = 255;

/// An object of a file whose values are taken one by one, each of the right kind or refused.
class Reader {
 public:
  Reader(const ReadJson& json, std::string where) : json_(json), where_(std::move(where)) {}

  /// Null where the key is absent or null.
  const ReadJson* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  std::optional<double> number(const char* key, double low, double high) const {
    const ReadJson* value = find(key);
    return value == nullptr ? std::nullopt : std::optional(number(*value, key, low, high));
  }
  std::optional<bool> boolean(const char* key) const {
    const ReadJson* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) refuse(key, "true or false", *value);
    return value->get<bool>();
  }
  std::optional<std::string> text(const char* key) const {
    const ReadJson* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) refuse(key, "a text", *value);
    return printable(value->get<std::string>(), 60);
  }
  std::optional<std::vector<double>> channels(const char* key) const {
    const ReadJson* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_array() || (value->size() != 1 && value->size() != 3))
      refuse(key, "a list of 1 or 3 numbers", *value);
    std::vector<double> numbers;
    for (const ReadJson& channel : *value) numbers.push_back(number(channel, key, 0, 1));
    return numbers;
  }
  double number(const ReadJson& value, const char* key, double low, double high) const {
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
      refuse(key, fmt::format("a number between {} and {}", low, high), value);
    return value.get<double>();
  }
  [[noreturn]] void refuse(const char* key, std::string_view expected,
                           const ReadJson& found) const {
    fail("{}: {}: expected {}, found {}", where_, key, expected, shown(found));
  }

 private:
  const ReadJson& json_;
  std::string where_;
};

ReadJson read_object(const std::string& path) {
  ReadJson json = read_json(path, max_config);
  if (!json.is_object()) fail("{}: expected a JSON object, found {}", path, json.type_name());
  return json;
}

std::optional<int> ref_grid_of(const ReadJson& json) {
  const auto args = json.find("model_args");
  if (args == json.end() || !args->is_object()) return std::nullopt;
  const auto shape = args->find("ref_feat_shape");
  if (shape == args->end() || !shape->is_array() || shape->empty()) return std::nullopt;
  const ReadJson& side = (*shape)[0];
  if (!side.is_number_unsigned() || side.get<uint64_t>() > max_grid) return std::nullopt;
  return side.get<int>();
}

/// timm's label_names, or id2label of transformers: {"0": "a", "1": "b"}.
std::vector<std::string> classes_of(const ReadJson& json, const std::string& path) {
  std::vector<std::string> classes;
  const auto take = [&](const char* key, const ReadJson& name) {
    if (!name.is_string()) fail("{}: {}: expected texts, found {}", path, key, shown(name));
    classes.push_back(name.get<std::string>());
  };
  if (const auto names = json.find("label_names"); names != json.end() && names->is_array()) {
    for (const ReadJson& name : *names) take("label_names", name);
  } else if (const auto labels = json.find("id2label");
             labels != json.end() && labels->is_object()) {
    for (size_t id = 0; id < labels->size(); ++id) {
      const auto name = labels->find(fmt::format("{}", id));
      if (name == labels->end())
        fail("{}: id2label: expected the ids 0 to {}, found no {}", path, labels->size() - 1, id);
      take("id2label", *name);
    }
  }
  return classes;
}

/// What transformers' loss was, which says what its logits are.
std::optional<Task> task_of(const ReadJson& json) {
  const auto problem = json.find("problem_type");
  if (problem == json.end()) return std::nullopt;
  if (*problem == "multi_label_classification") return Task::multilabel;
  if (*problem == "single_label_classification") return Task::multiclass;
  return std::nullopt;
}

/// timm's, under pretrained_cfg or, in older folders, at the top.
std::optional<HubTransform> timm_transform(const ReadJson& json, const std::string& path) {
  const auto inner = json.find("pretrained_cfg");
  const bool nested = inner != json.end() && inner->is_object();
  const ReadJson& config = nested ? *inner : json;
  constexpr std::array keys{"mean", "std", "interpolation", "crop_pct", "crop_mode"};
  if (std::none_of(keys.begin(), keys.end(), [&](const char* key) { return config.contains(key); }))
    return std::nullopt;
  const Reader reader(config, nested ? path + ": pretrained_cfg" : path);
  HubTransform transform;
  transform.path = path;
  transform.mean = reader.channels("mean");
  transform.std = reader.channels("std");
  transform.interpolation = reader.text("interpolation");
  transform.crop_pct = reader.number("crop_pct", least_share, 1).value_or(default_crop_pct);
  const std::string mode = reader.text("crop_mode").value_or("center");
  if (mode == "center") transform.fit = Fit::shorter;
  if (mode == "squash") transform.fit = Fit::squash;
  if (!transform.fit) transform.unknown_fit = mode;
  if (const ReadJson* size = reader.find("input_size")) {
    if (!size->is_array() || size->size() != 3 || (*size)[1] != (*size)[2])
      reader.refuse("input_size", "[channels, size, size]", *size);
    transform.crop = reader.number((*size)[1], "input_size", 1, max_side);
  }
  return transform;
}

/// Pillow's numbers of its filters.
std::string filter_named(double resample) {
  constexpr std::array names{"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"};
  return names.at(static_cast<size_t>(resample));
}

/// {"height": h, "width": w}, {"shortest_edge": s} or, in older files, s.
void take_size(const Reader& reader, const ReadJson& size, bool square, HubTransform& transform) {
  const auto side = [&](const ReadJson& value) {
    return reader.number(value, "size", 1, max_side);
  };
  if (size.is_object() && size.contains("shortest_edge")) {
    const double edge = side(size["shortest_edge"]);
    transform.fit = Fit::shorter;
    transform.resize = {edge, edge};
  } else if (size.is_object() && size.contains("height") && size.contains("width")) {
    transform.fit = Fit::squash;
    transform.resize = {side(size["height"]), side(size["width"])};
  } else if (size.is_number()) {
    transform.fit = square ? Fit::squash : Fit::shorter;
    transform.resize = {side(size), side(size)};
  } else {
    reader.refuse("size", "height and width, or shortest_edge", size);
  }
}

HubTransform transformers_transform(const ReadJson& json, const std::string& path) {
  const Reader reader(json, path);
  HubTransform transform;
  transform.path = path;
  if (const auto factor = reader.number("rescale_factor", 0, 1);
      factor && reader.boolean("do_rescale").value_or(true) &&
      std::abs(*factor * eight_bits - 1) > 1e-6)
    fail("{}: rescale_factor: expected 1/255, found {}", path, *factor);
  if (reader.boolean("do_normalize").value_or(true)) {
    transform.mean = reader.channels("image_mean");
    transform.std = reader.channels("image_std");
  } else {
    transform.mean = {0.0};
    transform.std = {1.0};
  }
  if (const auto resample = reader.number("resample", 0, 5))
    transform.interpolation = filter_named(*resample);
  if (!reader.boolean("do_resize").value_or(true)) {
    transform.unknown_fit = "do_resize false";
    return transform;
  }
  // Which of its classes take one number for a square and which for the shorter side.
  std::string kind = reader.text("image_processor_type").value_or("");
  if (kind.empty()) kind = reader.text("feature_extractor_type").value_or("");
  const bool shorter = kind.starts_with("CLIP") || kind.starts_with("ConvNext") ||
                       kind.starts_with("Levit") || kind.starts_with("Bit");
  if (const ReadJson* size = reader.find("size")) take_size(reader, *size, !shorter, transform);
  if (!transform.resize) return transform;
  transform.crop = std::min((*transform.resize)[0], (*transform.resize)[1]);
  if (const auto share = reader.number("crop_pct", least_share, 1)) {
    transform.resize.reset();
    transform.crop_pct = share;
  } else if (reader.boolean("do_center_crop").value_or(false)) {
    const ReadJson* crop = reader.find("crop_size");
    if (crop == nullptr) return transform;
    const bool sides = crop->is_object() && crop->contains("height") && crop->contains("width");
    if (sides && (*crop)["height"] != (*crop)["width"])
      reader.refuse("crop_size", "equal height and width", *crop);
    transform.crop = reader.number(sides ? (*crop)["height"] : *crop, "crop_size", 1, max_side);
  }
  return transform;
}

/// How far the image is resized for a crop of `size` pixels.
std::optional<std::array<int, 2>> resize_for(const HubTransform& transform, int size) {
  if (transform.crop_pct) {  // timm's rounding
    const int side = static_cast<int>(std::floor(size / *transform.crop_pct));
    return {{side, side}};
  }
  if (!transform.resize) return std::nullopt;
  const double scale = size / *transform.crop;
  const auto scaled = [&](double side) { return static_cast<int>(std::lround(side * scale)); };
  return {{scaled((*transform.resize)[0]), scaled((*transform.resize)[1])}};
}

std::string shown_channels(const std::array<float, 3>& values) {
  if (values[0] == values[1] && values[0] == values[2]) return fmt::format("{:g}", values[0]);
  return fmt::format("{:g} {:g} {:g}", values[0], values[1], values[2]);
}

}  // namespace

HubConfig read_hub_config(const std::string& folder) {
  namespace fs = std::filesystem;
  HubConfig hub;
  if (const std::string path = folder + "/config.json"; fs::exists(path)) {
    const ReadJson json = read_object(path);
    hub.rope_ref_grid = ref_grid_of(json);
    hub.classes = classes_of(json, path);
    hub.task = task_of(json);
    hub.transform = timm_transform(json, path);
  }
  if (const std::string path = folder + "/preprocessor_config.json";
      !hub.transform && fs::exists(path))
    hub.transform = transformers_transform(read_object(path), path);
  return hub;
}

Preprocess preprocess_of(const HubTransform& transform, int size, const Preprocess& defaults,
                         std::vector<std::string>& notes) {
  nlohmann::json json = to_json(defaults);
  const auto set_channels = [&](const char* key, const std::optional<std::vector<double>>& values) {
    if (values)
      json[key] = values->size() == 1 ? std::vector<double>(3, values->front()) : *values;
    else
      notes.push_back(fmt::format("{} does not give {}: the default is used", transform.path, key));
  };
  set_channels("mean", transform.mean);
  set_channels("std", transform.std);
  // Both programs resize as Pillow does.
  json["arithmetic"] = "pillow8";
  json["antialias"] = true;
  if (transform.interpolation) {
    const auto& word = *transform.interpolation;
    if (word == "nearest" || word == "box" || word == "bilinear" || word == "bicubic")
      json["interpolation"] = word;
    else
      notes.push_back(fmt::format("{}: evax has no interpolation '{}': {} is used instead",
                                  transform.path, word, json["interpolation"].get<std::string>()));
  }
  if (!transform.unknown_fit.empty())
    notes.push_back(
        fmt::format("{}: evax has no crop_mode '{}': the shorter side is resized and "
                    "the centre cropped instead",
                    transform.path, transform.unknown_fit));
  if (transform.crop && *transform.crop != size)
    notes.push_back(fmt::format("{} says {} pixels, the network takes {}: the transform is scaled",
                                transform.path, *transform.crop, size));
  if (const auto resize = resize_for(transform, size)) {
    const bool squash = transform.fit == Fit::squash;
    json["fit"] = squash ? "squash" : "shorter";
    json["resize"] = (*resize)[0];
    if (squash) json["resize"] = *resize;
  }
  json["crop"] = size;
  const Preprocess preprocess = preprocess_from_json(json, transform.path + ": preprocessing");
  notes.push_back(fmt::format("images as {} says: {}",
                              std::filesystem::path(transform.path).filename().string(),
                              sentence_of(preprocess)));
  return preprocess;
}

std::string sentence_of(const Preprocess& preprocess) {
  const nlohmann::json json = to_json(preprocess);
  const std::string resize =
      preprocess.fit == Fit::squash
          ? fmt::format("squashed to {} x {}", preprocess.resize[0], preprocess.resize[1])
          : fmt::format("shorter side to {}", preprocess.resize[0]);
  return fmt::format("{} ({}), crop {}, mean {}, std {}", resize,
                     json["interpolation"].get<std::string>(), preprocess.crop,
                     shown_channels(preprocess.mean), shown_channels(preprocess.std));
}

}  // namespace evax::weights
