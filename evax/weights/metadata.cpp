#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "evax/core/error.h"
#include "evax/weights/config.h"

namespace evax::weights {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format = 1;
constexpr int max_pixels = 16384;  // of a resize or crop

template <typename Enum>
struct Word {
  Enum value;
  std::string_view name;
};
constexpr Word<Task> tasks[] = {{Task::pretrain, "pretrained"},
                                {Task::multilabel, "multilabel"},
                                {Task::multiclass, "multiclass"},
                                {Task::segmentation, "segmentation"}};
constexpr Word<Fit> fits[] = {{Fit::shorter, "shorter"}, {Fit::squash, "squash"}};
constexpr Word<Arithmetic> arithmetics[] = {
    {Arithmetic::pillow8, "pillow8"}, {Arithmetic::cv2_8, "cv2_8"}, {Arithmetic::real, "float"}};
constexpr Word<Interpolation> interpolations[] = {{Interpolation::nearest, "nearest"},
                                                  {Interpolation::box, "box"},
                                                  {Interpolation::bilinear, "bilinear"},
                                                  {Interpolation::bicubic, "bicubic"}};

template <typename Enum, size_t n>
std::string word_for(Enum value, const Word<Enum> (&words)[n]) {
  for (const auto& word : words)
    if (word.value == value) return std::string(word.name);
  throw std::logic_error("an enumerator without a name");
}

template <typename Enum, size_t n>
Enum value_of(std::string_view name, const Word<Enum> (&words)[n], const std::string& where) {
  std::vector<std::string_view> known;
  for (const auto& word : words) {
    if (word.name == name) return word.value;
    known.push_back(word.name);
  }
  fail("{}: expected one of {}, found '{}'", where, fmt::join(known, ", "), name);
}

/// A JSON object whose every key must be asked for: what is left over is unknown and refused.
class Object {
 public:
  Object(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) fail("{}: expected an object, found {}", where_, json.type_name());
  }

  const Json* find(const std::string& key) {
    used_.insert(key);
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  const Json& at(const std::string& key) {
    const Json* value = find(key);
    if (value == nullptr) fail("{}: expected the key '{}', found none", where_, key);
    return *value;
  }
  Object object(const std::string& key) { return {at(key), where_of(key)}; }

  int integer(const std::string& key, int low, int high) {
    return integer(at(key), where_of(key), low, high);
  }
  static int integer(const Json& value, const std::string& where, int low, int high) {
    const bool whole = value.is_number_integer();
    const bool small =
        whole && (value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(high)
                                             : value.get<int64_t>() <= high);
    if (!small || value.get<int64_t>() < low)
      fail("{}: expected a whole number between {} and {}, found {}", where, low, high,
           shown(value));
    return value.get<int>();
  }
  static double number(const Json& value, const std::string& where) {
    if (!value.is_number() || !std::isfinite(value.get<double>()))
      fail("{}: expected a number, found {}", where, shown(value));
    return value.get<double>();
  }
  bool boolean(const std::string& key) {
    const Json& value = at(key);
    if (!value.is_boolean())
      fail("{}: expected true or false, found {}", where_of(key), shown(value));
    return value.get<bool>();
  }
  std::string text(const std::string& key) { return text(at(key), where_of(key)); }
  static std::string text(const Json& value, const std::string& where) {
    if (!value.is_string()) fail("{}: expected a text, found {}", where, shown(value));
    return value.get<std::string>();
  }
  const Json& array(const std::string& key) {
    const Json& value = at(key);
    if (!value.is_array()) fail("{}: expected a list, found {}", where_of(key), shown(value));
    return value;
  }

  void refuse_others() const {
    for (const auto& item : json_.items())
      if (!used_.contains(item.key())) fail("{}: unknown key '{}'", where_, item.key());
  }
  const Json& json() const { return json_; }
  std::string where_of(const std::string& key) const { return where_ + "." + key; }

 private:
  static std::string shown(const Json& value) {
    return value.is_primitive() ? printable(value.dump(), 60) : value.type_name();
  }

  const Json& json_;
  std::string where_;
  std::set<std::string> used_;
};

/// The shortest decimal that reads back as the same float: 0.49185243, not 0.4918524324893951.
double shortest(float value) { return std::stod(fmt::format("{}", value)); }

// Only what the architecture has.
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

ModelConfig read_model(Object json, const std::string& path) {
  constexpr int any = std::numeric_limits<int>::max();
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
  check_config(model, path);
  return model;
}

std::array<int, 2> read_resize(const Json& json, Fit fit, const std::string& where) {
  if (json.is_array()) {
    if (json.size() != 2)
      fail("{}: expected [height, width], found {} numbers", where, json.size());
    const std::array<int, 2> size{Object::integer(json[0], where, 1, max_pixels),
                                  Object::integer(json[1], where, 1, max_pixels)};
    if (fit == Fit::shorter && size[0] != size[1])
      fail("{}: expected one number for fit 'shorter', found two", where);
    return size;
  }
  const int size = Object::integer(json, where, 1, max_pixels);
  return {size, size};
}

std::array<float, 3> read_channels(const Json& json, const std::string& where) {
  if (json.size() != 3) fail("{}: expected 3 numbers, found {}", where, json.size());
  std::array<float, 3> values{};
  for (size_t i = 0; i < 3; ++i) values[i] = static_cast<float>(Object::number(json[i], where));
  return values;
}

Preprocess read_preprocess(Object json) {
  Preprocess preprocess;
  preprocess.fit = value_of(json.text("fit"), fits, json.where_of("fit"));
  preprocess.resize = read_resize(json.at("resize"), preprocess.fit, json.where_of("resize"));
  preprocess.crop = json.integer("crop", 1, max_pixels);
  preprocess.arithmetic =
      value_of(json.text("arithmetic"), arithmetics, json.where_of("arithmetic"));
  preprocess.interpolation =
      value_of(json.text("interpolation"), interpolations, json.where_of("interpolation"));
  preprocess.antialias = json.boolean("antialias");
  preprocess.mean = read_channels(json.array("mean"), json.where_of("mean"));
  preprocess.std = read_channels(json.array("std"), json.where_of("std"));
  for (const float std : preprocess.std)
    if (!(std > 0)) fail("{}: expected numbers above 0, found {}", json.where_of("std"), std);
  for (const int side : preprocess.resize)
    if (side < preprocess.crop)
      fail("{}: expected at least the crop of {}, found {}", json.where_of("resize"),
           preprocess.crop, side);
  json.refuse_others();
  return preprocess;
}

std::vector<std::string> read_classes(const Json& json, const ModelConfig& model,
                                      const std::string& where) {
  if (json.size() != static_cast<size_t>(model.num_classes))
    fail("{}: expected {} names (num_classes), found {}", where, model.num_classes, json.size());
  std::vector<std::string> classes;
  for (const Json& name : json) classes.push_back(Object::text(name, where));
  check_classes(classes, where);
  return classes;
}

void check_task(Task task, const ModelConfig& model, const std::string& where) {
  if (task == Task::segmentation) return;
  if ((task == Task::pretrain) != (model.num_classes == 0))
    fail("{}: a '{}' model cannot have {} classes", where, name_of(task), model.num_classes);
  if (task == Task::multiclass && model.num_classes < 2)
    fail("{}: a multiclass model needs two classes at least, found {}", where, model.num_classes);
}

std::vector<double> read_thresholds(const Json& json, size_t classes, const std::string& where) {
  if (!json.is_array() || (!json.empty() && json.size() != classes))
    fail("{}: expected {} numbers, one for each class", where, classes);
  std::vector<double> thresholds;
  for (const Json& value : json) thresholds.push_back(Object::number(value, where));
  return thresholds;
}

}  // namespace

std::string_view name_of(Task task) {
  for (const auto& word : tasks)
    if (word.value == task) return word.name;
  throw std::logic_error("a task without a name");
}

Task task_from_name(std::string_view name, const std::string& path) {
  return value_of(name, tasks, path + ": task");
}

void check_classes(const std::vector<std::string>& classes, const std::string& where) {
  std::set<std::string_view> seen;
  for (const std::string& name : classes) {
    if (name.empty()) fail("{}: a class has an empty name", where);
    if (printable(name, name.size()) != name)
      fail("{}: the class name '{}' holds a control character or is not UTF-8", where, name);
    if (!seen.insert(name).second) fail("{}: the class '{}' is named twice", where, name);
  }
}

Json to_json(const Preprocess& preprocess) {
  Json resize = preprocess.resize[0];
  if (preprocess.fit == Fit::squash) resize = {preprocess.resize[0], preprocess.resize[1]};
  Json mean = Json::array();
  Json std = Json::array();
  for (const float value : preprocess.mean) mean.push_back(shortest(value));
  for (const float value : preprocess.std) std.push_back(shortest(value));
  return {{"resize", resize},
          {"crop", preprocess.crop},
          {"fit", word_for(preprocess.fit, fits)},
          {"arithmetic", word_for(preprocess.arithmetic, arithmetics)},
          {"interpolation", word_for(preprocess.interpolation, interpolations)},
          {"antialias", preprocess.antialias},
          {"mean", mean},
          {"std", std}};
}

Preprocess preprocess_from_json(const Json& json, const std::string& where) {
  return read_preprocess(Object(json, where));
}

Json to_json(const Metadata& metadata) {
  Json json = {{"format", format},
               {"model", to_json(metadata.model)},
               {"task", name_of(metadata.task)},
               {"classes", metadata.classes},
               {"preprocess", to_json(metadata.preprocess)}};
  if (!metadata.thresholds.empty()) json["thresholds"] = metadata.thresholds;
  if (metadata.temperature) json["temperature"] = *metadata.temperature;
  json["provenance"] = metadata.provenance;
  return json;
}

Metadata from_json(const Json& json, const std::string& path) {
  Object top(json, path + ": metadata");
  const Json& version = top.at("format");
  if (version != format)
    fail("{}: expected model file format {}, found {}", path, format,
         printable(version.dump(-1, ' ', true, Json::error_handler_t::replace), 60));
  Metadata metadata;
  metadata.model = read_model(top.object("model"), path);
  metadata.task = task_from_name(top.text("task"), path);
  check_task(metadata.task, metadata.model, top.where_of("task"));
  metadata.classes = read_classes(top.array("classes"), metadata.model, top.where_of("classes"));
  metadata.preprocess = read_preprocess(top.object("preprocess"));
  if (metadata.preprocess.crop != metadata.model.image_size)
    fail("{}: expected the model's image_size of {}, found {}", top.where_of("preprocess.crop"),
         metadata.model.image_size, metadata.preprocess.crop);
  if (const Json* thresholds = top.find("thresholds"))
    metadata.thresholds =
        read_thresholds(*thresholds, metadata.classes.size(), top.where_of("thresholds"));
  if (const Json* temperature = top.find("temperature")) {
    metadata.temperature = Object::number(*temperature, top.where_of("temperature"));
    if (!(*metadata.temperature > 0))
      fail("{}: expected a number above 0, found {}", top.where_of("temperature"),
           *metadata.temperature);
  }
  if (top.find("provenance") != nullptr) {
    Object provenance = top.object("provenance");
    for (const auto& item : provenance.json().items())
      metadata.provenance[item.key()] = provenance.text(item.key());
  }
  top.refuse_others();
  return metadata;
}

}  // namespace evax::weights
