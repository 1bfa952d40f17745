#include <ATen/ATen.h>

#include <cmath>

#include "evax/nn/densenet.h"
#include "evax/nn/draw.h"
#include "evax/nn/resnet.h"

namespace evax::nn {
namespace {

/// Numbers that a unit of the output sees, or of the input reaches: PyTorch's fan_in and fan_out.
double fan_in(const at::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
}
double fan_out(const at::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(1));
}

/// Convolutions keep the variance through a ReLU (He et al., arXiv 1502.01852), forward or backward
/// as `fan` counts; normalisations begin with weight 1 and bias 0.
Distribution backbone_law(const at::Tensor& parameter, const std::string& name,
                          double (*fan)(const at::Tensor&)) {
  if (parameter.dim() == 4) return {.std = std::sqrt(2 / fan(parameter))};
  return {.mean = name.ends_with("weight") ? 1.0 : 0.0};
}

/// PyTorch's Linear, of `inputs` numbers.
Distribution linear_law(int64_t inputs) {
  return {.uniform = 1 / std::sqrt(static_cast<double>(inputs))};
}

void draw_all(ResNet& model, uint64_t seed, const std::string& prefix) {
  const auto parameters = model.named_parameters();
  const auto law = [&](const std::string& name, const at::Tensor& parameter) {
    if (name.starts_with("fc.")) return linear_law(parameters["fc.weight"].size(1));
    return backbone_law(parameter, name, fan_out);
  };
  draw_parameters(model, seed, law, prefix);
}

void draw_all(DenseNet& model, uint64_t seed, const std::string& prefix) {
  const auto law = [](const std::string& name, const at::Tensor& parameter) {
    if (name == "classifier.weight") return linear_law(parameter.size(1));
    return backbone_law(parameter, name, fan_in);
  };
  draw_parameters(model, seed, law, prefix);
}

}  // namespace

void initialise(ResNet& model, uint64_t seed) {
  draw_all(model, seed, "");
  reset_batch_norms(model);
}
void initialise(DenseNet& model, uint64_t seed) {
  draw_all(model, seed, "");
  reset_batch_norms(model);
}
void initialise_head(ResNet& model, uint64_t seed) { draw_all(model, seed, "fc."); }
void initialise_head(DenseNet& model, uint64_t seed) { draw_all(model, seed, "classifier."); }

}  // namespace evax::nn
