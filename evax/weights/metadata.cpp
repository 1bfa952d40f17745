#include <algorithm>
#include <set>

#include "evax/core/error.h"
#include "evax/weights/config.h"
#include "evax/weights/json_object.h"
#include "evax/weights/model_json.h"

namespace evax::weights {
namespace {

constexpr int format = 1;
constexpr const char* unchecked = "unchecked";  // of a quantization
constexpr int max_pixels = 16384;               // of a resize or crop
constexpr double least_std = 1e-3;   // of pixels from 0 to 1: a fourth of a grey level of 255
constexpr double most_scale = 1000;  // of a temperature; those that are fitted end at 100

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

/// The shortest decimal that reads back as the same float: 0.49185243, not 0.4918524324893951.
double shortest(float value) { return std::stod(fmt::format("{}", value)); }

std::array<int, 2> read_resize(const ReadJson& json, Fit fit, const std::string& where) {
  if (json.is_array()) {
    if (json.size() != 2)
      fail("{}: expected [height, width], found {} numbers", where, json.size());
    const std::array<int, 2> size{JsonObject::integer(json[0], where, 1, max_pixels),
                                  JsonObject::integer(json[1], where, 1, max_pixels)};
    if (fit == Fit::shorter && size[0] != size[1])
      fail("{}: expected one number for fit 'shorter', found two", where);
    return size;
  }
  const int size = JsonObject::integer(json, where, 1, max_pixels);
  return {size, size};
}

/// Of pixels from 0 to 1.
std::array<float, 3> read_channels(const ReadJson& json, const std::string& where, double low) {
  if (json.size() != 3) fail("{}: expected 3 numbers, found {}", where, json.size());
  std::array<float, 3> values{};
  for (size_t i = 0; i < 3; ++i)
    values[i] = static_cast<float>(JsonObject::number(json[i], where, low, 1));
  return values;
}

Preprocess read_preprocess(JsonObject json) {
  Preprocess preprocess;
  preprocess.fit = value_of(json.text("fit"), fits, json.where_of("fit"));
  preprocess.resize = read_resize(json.at("resize"), preprocess.fit, json.where_of("resize"));
  preprocess.crop = json.integer("crop", 1, max_pixels);
  preprocess.arithmetic =
      value_of(json.text("arithmetic"), arithmetics, json.where_of("arithmetic"));
  preprocess.interpolation =
      value_of(json.text("interpolation"), interpolations, json.where_of("interpolation"));
  preprocess.antialias = json.boolean("antialias");
  preprocess.mean = read_channels(json.array("mean"), json.where_of("mean"), 0);
  preprocess.std = read_channels(json.array("std"), json.where_of("std"), least_std);
  for (const int side : preprocess.resize)
    if (side < preprocess.crop)
      fail("{}: expected at least the crop of {}, found {}", json.where_of("resize"),
           preprocess.crop, side);
  json.refuse_others();
  return preprocess;
}

std::vector<std::string> read_classes(const ReadJson& json, const ModelConfig& model,
                                      const std::string& where) {
  if (json.size() != static_cast<size_t>(model.num_classes))
    fail("{}: expected {} names (num_classes), found {}", where, model.num_classes, json.size());
  std::vector<std::string> classes;
  for (const ReadJson& name : json) classes.push_back(JsonObject::text(name, where));
  check_classes(classes, where);
  return classes;
}

void check_task(Task task, const ModelConfig& model, const std::string& where) {
  if ((task == Task::segmentation) != model.decoder.has_value())
    fail("{}: a '{}' model {} a decoder", where, name_of(task),
         model.decoder ? "has not" : "needs");
  if (task == Task::segmentation) return;
  if ((task == Task::pretrain) != (model.num_classes == 0))
    fail("{}: a '{}' model cannot have {} classes", where, name_of(task), model.num_classes);
  if (task == Task::multiclass && model.num_classes < 2)
    fail("{}: a multiclass model needs two classes at least, found {}", where, model.num_classes);
}

std::vector<double> read_thresholds(const ReadJson& json, size_t classes,
                                    const std::string& where) {
  if (!json.is_array() || (!json.empty() && json.size() != classes))
    fail("{}: expected {} numbers, one for each class", where, classes);
  std::vector<double> thresholds;
  for (const ReadJson& value : json) thresholds.push_back(JsonObject::number(value, where, 0, 1));
  return thresholds;
}

Quantization read_quantization(JsonObject json) {
  Quantization quantization;
  for (const ReadJson& layer : json.array("int8"))
    quantization.layers.push_back(JsonObject::text(layer, json.where_of("int8")));
  if (const std::string check = json.text("check"); check != unchecked) quantization.check = check;
  json.refuse_others();
  return quantization;
}

}  // namespace

bool Metadata::is_quantized(std::string_view layer) const {
  return quantization && std::find(quantization->layers.begin(), quantization->layers.end(),
                                   layer) != quantization->layers.end();
}

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

Preprocess preprocess_from_json(const ReadJson& json, const std::string& where) {
  return read_preprocess(JsonObject(json, where));
}

Json to_json(const Metadata& metadata) {
  Json json = {{"format", format},
               {"model", to_json(metadata.model)},
               {"task", name_of(metadata.task)},
               {"classes", metadata.classes},
               {"preprocess", to_json(metadata.preprocess)}};
  if (metadata.model.decoder) json["decoder"] = decoder_to_json(metadata.model);
  if (!metadata.thresholds.empty()) json["thresholds"] = metadata.thresholds;
  if (metadata.temperature) json["temperature"] = *metadata.temperature;
  if (metadata.quantization)
    json["quantization"] = {
        {"int8", metadata.quantization->layers},
        {"check", metadata.quantization->check.empty() ? unchecked : metadata.quantization->check}};
  json["provenance"] = metadata.provenance;
  return json;
}

Metadata from_json(const ReadJson& json, const std::string& path) {
  JsonObject top(json, path + ": metadata");
  const ReadJson& version = top.at("format");
  if (version != format)
    fail("{}: expected model file format {}, found {}", path, format, shown(version));
  Metadata metadata;
  metadata.model = model_from_json(top, path);
  metadata.task = task_from_name(top.text("task"), path);
  check_task(metadata.task, metadata.model, top.where_of("task"));
  metadata.classes = read_classes(top.array("classes"), metadata.model, top.where_of("classes"));
  metadata.preprocess = read_preprocess(top.object("preprocess"));
  if (metadata.preprocess.crop != metadata.model.image_size)
    fail("{}: expected the model's image_size of {}, found {}", top.where_of("preprocess.crop"),
         metadata.model.image_size, metadata.preprocess.crop);
  if (const ReadJson* thresholds = top.find("thresholds"))
    metadata.thresholds =
        read_thresholds(*thresholds, metadata.classes.size(), top.where_of("thresholds"));
  if (const ReadJson* temperature = top.find("temperature"))
    metadata.temperature =
        JsonObject::number(*temperature, top.where_of("temperature"), 1 / most_scale, most_scale);
  if (top.find("quantization") != nullptr)
    metadata.quantization = read_quantization(top.object("quantization"));
  if (top.find("provenance") != nullptr) {
    JsonObject provenance = top.object("provenance");
    for (const auto& item : provenance.json().items())
      metadata.provenance[item.key()] = provenance.text(item.key());
  }
  top.refuse_others();
  return metadata;
}

}  // namespace evax::weights
