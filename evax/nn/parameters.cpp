#include <ATen/ATen.h>

#include "evax/core/error.h"
#include "evax/nn/eva_x.h"
#include "evax/nn/tensors.h"

namespace evax::nn {
namespace {

bool same_head(const EvaX& model, const weights::TensorMap& tensors) {
  const auto weight = tensors.find("head.weight");
  return weight != tensors.end() && weight->second.size(0) == model.config().num_classes;
}

}  // namespace

void load(EvaX& model, const weights::ModelFile& file) {
  const bool with_head = same_head(model, file.tensors);
  const auto is_head = [](std::string_view name) { return name.starts_with("head."); };
  const auto parameters = model.named_parameters();
  for (const auto& [name, tensor] : file.tensors)
    if (!parameters.contains(name) && !is_head(name) && name != "mask_token" &&
        !name.starts_with("lm_head."))
      fail("{}: the network has no such parameter", name);
  for (const auto& item : parameters) {
    if (is_head(item.key()) && !with_head) continue;
    const auto found = file.tensors.find(item.key());
    if (found == file.tensors.end()) fail("the model has no tensor {}", item.key());
    const Shape shape = item.value().sizes().vec();
    if (found->second.shape() != shape)
      fail("{}: expected shape {}, found {}", item.key(), to_string(shape),
           to_string(found->second.shape()));
  }
  const at::NoGradGuard no_grad;
  for (const auto& item : parameters)
    if (!is_head(item.key()) || with_head)
      item.value().copy_(to_torch(file.tensors.at(item.key())));
}

weights::TensorMap parameters_of(const EvaX& model) {
  weights::TensorMap tensors;
  for (const auto& item : model.named_parameters()) tensors[item.key()] = from_torch(item.value());
  return tensors;
}

}  // namespace evax::nn
