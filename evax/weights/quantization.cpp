#include "evax/weights/quantization.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "evax/core/error.h"
#include "evax/core/int8.h"

namespace evax::weights {
namespace {

constexpr std::string_view weight_suffix = ".weight";

std::string weight_of(const std::string& layer) { return fmt::format("{}.weight", layer); }
std::string scale_of(const std::string& layer) { return fmt::format("{}.weight_scale", layer); }

float largest_of(std::span<const float> row) {
  float largest = 0;
  for (const float value : row) largest = std::max(largest, std::fabs(value));
  return largest;
}

struct Encoded {
  Tensor codes, scales;
};

Encoded encode(const Tensor& weight) {
  const Tensor floats = weight.to_f32();
  const auto rows = static_cast<size_t>(floats.size(0));
  const size_t columns = rows == 0 ? 0 : floats.floats().size() / rows;
  Encoded result{Tensor(DType::i8, floats.shape()), Tensor(DType::f32, {floats.size(0)})};
  auto* codes = reinterpret_cast<int8_t*>(result.codes.mutable_bytes().data());
  for (size_t row = 0; row < rows; ++row) {
    const auto values = floats.floats().subspan(row * columns, columns);
    const float scale = int8_scale(largest_of(values));
    result.scales.mutable_floats()[row] = scale;
    const float inverse = scale == 0 ? 0 : 1 / scale;
    // Adding a number whose last bit is worth 1 rounds to the nearest integer, ties to even.
    constexpr float large = 0x1.8p23F;
    for (size_t i = 0; i < columns; ++i)
      codes[i] = static_cast<int8_t>(static_cast<int>((values[i] * inverse + large) - large));
    codes += columns;
  }
  return result;
}

Tensor decode(const Encoded& encoded) {
  Tensor weight(DType::f32, encoded.codes.shape());
  const auto scales = encoded.scales.to_f32();
  const auto values = weight.mutable_floats();
  const auto rows = scales.floats().size();
  const size_t columns = rows == 0 ? 0 : values.size() / rows;
  const auto* codes = reinterpret_cast<const int8_t*>(encoded.codes.bytes().data());
  for (size_t row = 0; row < rows; ++row) {
    const float scale = scales.floats()[row];
    for (size_t i = row * columns; i < (row + 1) * columns; ++i) values[i] = codes[i] * scale;
  }
  return weight;
}

// What encode() makes: a code of 127 in every row that is not zero, a scale of 17 bits.
void check(const Encoded& encoded, const std::string& path, const std::string& layer) {
  const auto rows = static_cast<size_t>(encoded.codes.size(0));
  const size_t columns = rows == 0 ? 0 : encoded.codes.bytes().size() / rows;
  const Tensor scales = encoded.scales.to_f32();
  const auto* codes = reinterpret_cast<const int8_t*>(encoded.codes.bytes().data());
  for (size_t row = 0; row < rows; ++row, codes += columns) {
    int largest = 0;
    for (size_t i = 0; i < columns; ++i) largest = std::max(largest, std::abs(int{codes[i]}));
    const float scale = scales.floats()[row];
    const bool sound = largest == 0 ? scale == 0
                                    : largest == 127 && std::isnormal(scale) && scale > 0 &&
                                          int8_scale(max_int8_code * scale) == scale;
    if (!sound)
      fail("{}: row {} of {}: expected codes up to 127 and their scale, found {} and {}", path, row,
           weight_of(layer), largest, scale);
  }
}

const Tensor& find(const TensorMap& tensors, const std::string& name, DType dtype,
                   const std::string& path) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail("{}: expected the tensor {}, found none", path, name);
  if (found->second.dtype() != dtype)
    fail("{}: expected {} in {}, found {}", path, name_of(dtype), name,
         name_of(found->second.dtype()));
  return found->second;
}

// Columns of these run through one product.
void check_together(const std::set<std::string>& layers, const std::string& path) {
  for (const std::string& layer : layers) {
    const size_t end = layer.rfind('.') + 1;
    const std::string scope = layer.substr(0, end);
    const std::string name = layer.substr(end);
    for (const std::vector<std::string>& group :
         {std::vector<std::string>{"q_proj", "k_proj", "v_proj"}, {"fc1_g", "fc1_x"}})
      if (std::find(group.begin(), group.end(), name) != group.end())
        for (const std::string& other : group)
          if (!layers.contains(scope + other))
            fail("{}: expected {}{} in 8 bits as {} is, found it without", path, scope, other,
                 layer);
  }
}

void check_layers(const ModelFile& model, const std::string& path) {
  const auto possible = quantizable_layers(model.metadata.model);
  const auto& layers = model.metadata.quantization->layers;
  for (const std::string& layer : layers)
    if (std::find(possible.begin(), possible.end(), layer) == possible.end())
      fail("{}: metadata.quantization: expected linear layers of the blocks, found '{}'", path,
           printable(layer));
  const std::set<std::string> unique(layers.begin(), layers.end());
  if (unique.size() != layers.size())
    fail("{}: metadata.quantization: expected each layer once, found one twice", path);
  check_together(unique, path);
}

}  // namespace

std::vector<std::string> quantizable_layers(const ModelConfig& config) {
  std::vector<std::string> layers;
  if (!config.is_transformer()) return layers;
  for (const auto& [name, shape] : parameters_of(config))
    if (name.starts_with("blocks.") && name.ends_with(weight_suffix) && shape.size() == 2)
      layers.push_back(name.substr(0, name.size() - weight_suffix.size()));
  return layers;
}

ModelFile quantize(ModelFile model, std::vector<std::string> layers, const std::string& path) {
  if (model.metadata.quantization)
    fail("{}: expected a model without 8-bit weights, found one that has them", path);
  model.metadata.quantization = Quantization{std::move(layers), ""};
  check_layers(model, path);
  for (const std::string& layer : model.metadata.quantization->layers) {
    Tensor& weight = model.tensors.at(weight_of(layer));
    weight = decode(encode(weight));
  }
  return model;
}

TensorMap encoded(const ModelFile& model) {
  TensorMap tensors = model.tensors;
  if (!model.metadata.quantization) return tensors;
  for (const std::string& layer : model.metadata.quantization->layers) {
    Encoded result = encode(model.at(weight_of(layer)));
    tensors[weight_of(layer)] = std::move(result.codes);
    tensors[scale_of(layer)] = std::move(result.scales);
  }
  return tensors;
}

void decode(ModelFile& model, const std::string& path) {
  if (!model.metadata.quantization) return;
  check_layers(model, path);
  for (const std::string& layer : model.metadata.quantization->layers) {
    const Encoded stored{find(model.tensors, weight_of(layer), DType::i8, path),
                         find(model.tensors, scale_of(layer), DType::f32, path)};
    if (stored.codes.shape().size() != 2 || stored.scales.shape() != Shape{stored.codes.size(0)})
      fail("{}: expected a scale for each row of {}, found the shapes {} and {}", path,
           weight_of(layer), to_string(stored.codes.shape()), to_string(stored.scales.shape()));
    check(stored, path, layer);
    model.tensors.at(weight_of(layer)) = decode(stored);
    model.tensors.erase(scale_of(layer));
  }
}

}  // namespace evax::weights
