#include <ATen/ATen.h>

#include <set>

#include "evax/core/error.h"
#include "evax/nn/network.h"
#include "evax/nn/tensors.h"

namespace evax::nn {
namespace {

/// What a file keeps of a network, in its order: parameters, and running statistics of BatchNorm.
std::vector<std::pair<std::string, at::Tensor>> kept_tensors(const Network& network) {
  const auto parameters = network.named_parameters();
  const auto buffers = network.named_buffers();
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [name, shape] : weights::parameters_of(network.config()))
    tensors.emplace_back(name, parameters.contains(name) ? parameters[name] : buffers[name]);
  return tensors;
}

}  // namespace

void load(Network& network, const weights::ModelFile& file) {
  const std::string head = fmt::format("{}.", weights::head_name(network.config()));
  const auto is_head = [&](std::string_view name) { return name.starts_with(head); };
  const auto head_weight = file.tensors.find(head + "weight");
  const bool with_head = head_weight != file.tensors.end() &&
                         head_weight->second.size(0) == network.config().num_classes;
  const auto tensors = kept_tensors(network);

  for (const auto& [name, tensor] : tensors) {
    const auto found = file.tensors.find(name);
    if (is_head(name) && !with_head) continue;
    if (found == file.tensors.end()) fail("the model has no tensor {}", name);
    const Shape shape = tensor.sizes().vec();
    if (found->second.shape() != shape)
      fail("{}: expected shape {}, found {}", name, to_string(shape),
           to_string(found->second.shape()));
  }
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  for (const auto& [name, tensor] : file.tensors)
    if (!names.contains(name) && !is_head(name) && name != "mask_token" &&
        !name.starts_with("lm_head."))
      fail("{}: the network has no such parameter", name);

  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors)
    if (!is_head(name) || with_head) tensor.copy_(to_torch(file.tensors.at(name)));
}

weights::TensorMap parameters_of(const Network& network) {
  weights::TensorMap tensors;
  for (const auto& [name, tensor] : kept_tensors(network)) tensors[name] = from_torch(tensor);
  return tensors;
}

}  // namespace evax::nn
