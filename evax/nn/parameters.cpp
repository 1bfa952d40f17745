#include <ATen/ATen.h>

#include <set>

#include "evax/core/error.h"
#include "evax/nn/network.h"
#include "evax/nn/tensors.h"

namespace evax::nn {
namespace {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// What a file keeps of a network, in its order: parameters, and running statistics of BatchNorm.
NamedTensors kept_tensors(const Network& network) {
  const auto parameters = network.named_parameters();
  const auto buffers = network.named_buffers();
  NamedTensors tensors;
  for (const auto& [name, shape] : network.file_parameters())
    tensors.emplace_back(name, parameters.contains(name) ? parameters[name] : buffers[name]);
  return tensors;
}

/// What a file may lack or have too much of: "fc" for a parameter of that head, "mask_token", or
/// empty.
std::string optional_part(const Network& network, const std::string& name) {
  for (const std::string_view part :
       {weights::head_name(network.config()), std::string_view("lm_head")})
    if (name.starts_with(part) && name.substr(part.size()).starts_with("."))
      return std::string(part);
  return name == "mask_token" ? name : "";
}

/// Whether the file's part has as many outputs as the network's.
bool fits(const weights::ModelFile& file, const NamedTensors& tensors, const std::string& part) {
  const std::string name = part == "mask_token" ? part : part + ".weight";
  const auto found = file.tensors.find(name);
  for (const auto& [own, tensor] : tensors)
    if (own == name) return found != file.tensors.end() && found->second.size(0) == tensor.size(0);
  return false;
}

}  // namespace

void load(Network& network, const weights::ModelFile& file) {
  const NamedTensors tensors = kept_tensors(network);
  const auto wanted = [&](const std::string& name) {
    const std::string part = optional_part(network, name);
    return part.empty() || fits(file, tensors, part);
  };
  for (const auto& [name, tensor] : tensors) {
    const auto found = file.tensors.find(name);
    if (!wanted(name)) continue;
    if (found == file.tensors.end()) fail("the model has no tensor {}", name);
    const Shape shape = tensor.sizes().vec();
    if (found->second.shape() != shape)
      fail("{}: expected shape {}, found {}", name, to_string(shape),
           to_string(found->second.shape()));
  }
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  for (const auto& [name, tensor] : file.tensors)
    if (!names.contains(name) && optional_part(network, name).empty())
      fail("{}: the network has no such parameter", name);

  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors)
    if (wanted(name)) at::Tensor(tensor).copy_(to_torch(file.tensors.at(name)));
}

void load_encoder(Network& network, weights::ModelFile file) {
  const weights::ModelConfig& source = file.metadata.model;
  std::erase_if(file.tensors, [&](const auto& item) {
    for (const std::string_view part :
         {head_name(source), final_norm_name(source), std::string_view("lm_head")})
      if (item.first.starts_with(std::string(part) + ".")) return true;
    return item.first == "mask_token";
  });
  const bool partial = !network.config().is_transformer();
  for (const auto& [name, fresh] : parameters_of(network))
    if (partial || weights::is_decoder_parameter(name)) file.tensors.try_emplace(name, fresh);
  load(network, file);
}

weights::TensorMap parameters_of(const Network& network) {
  weights::TensorMap tensors;
  for (const auto& [name, tensor] : kept_tensors(network)) tensors[name] = from_torch(tensor);
  return tensors;
}

}  // namespace evax::nn
