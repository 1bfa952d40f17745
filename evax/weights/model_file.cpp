#include "evax/weights/model_file.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/file_kind.h"
#include "evax/core/json.h"
#include "evax/weights/check.h"
#include "evax/weights/quantization.h"
#include "evax/weights/torch/file.h"

namespace evax::weights {
namespace {

constexpr size_t max_metadata = 4 << 20;

void check_model(const std::string& path, const ModelFile& model) {
  check_tensors(path, expected_tensors(model.metadata.model, model.tensors), model.tensors);
}

/// What a training program wrote is one step away from a model file.
void check_container(const std::string& path) {
  constexpr std::string_view advice = "evax import makes a model file of a checkpoint";
  if (std::filesystem::is_directory(path))
    fail("{}: expected an evax model file, found a folder; {}", path, advice);
  const auto file = MappedFile::open(path);
  const bool safetensors = kind_of_file(file->bytes()).name == "a safetensors file";
  if (!safetensors && torch::File::recognises(file->bytes()))
    fail("{}: expected an evax model file, found a PyTorch checkpoint; {}", path, advice);
}

}  // namespace

const Tensor& ModelFile::at(const std::string& name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw std::logic_error("a model file without " + name);
  return found->second;
}

void convert(ModelFile& model, DType dtype) {
  for (auto& [name, tensor] : model.tensors)
    if (!model.metadata.is_quantized(name.substr(0, name.rfind(".weight"))))
      tensor = tensor.to(dtype);
}

Metadata read_metadata(const Safetensors& file, const std::string& path) {
  const auto text = file.metadata().find("evax");
  if (text == file.metadata().end())
    fail(
        "{}: expected an evax model file, found a safetensors file without evax metadata; evax "
        "import makes a model file of a checkpoint",
        path);
  return from_json(parse_json(text->second, path + ": metadata", max_metadata), path);
}

ModelFile load_model(const std::string& path) {
  check_container(path);
  const Safetensors file = Safetensors::open(path);
  ModelFile model{read_metadata(file, path), file.tensors()};
  decode(model, path);
  check_model(path, model);
  return model;
}

void save_model(const std::string& path, const ModelFile& model) {
  const auto json = to_json(model.metadata);
  from_json(json, path);  // what load_model() would refuse is not written
  check_model(path, model);
  save_safetensors(path, encoded(model),
                   {{"evax", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}});
}

}  // namespace evax::weights
