#include "evax/tasks/model/forward.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/tasks/inputs.h"
#include "evax/weights/check.h"

namespace evax::tasks {
namespace {

Tensor read_input(const std::string& path, const weights::ModelConfig& config) {
  protect_input(path);
  Tensor input = read_npy(path);
  if (input.shape().size() == 3)  // one image, as `evax preprocess` writes it
    input = input.reshaped({1, input.size(0), input.size(1), input.size(2)});
  const Shape expected{config.image_size, config.image_size};
  if (!is_floating(input.dtype()) || input.shape().size() != 4 || input.size(1) != 3 ||
      Shape{input.size(2), input.size(3)} != expected)
    fail("{}: expected float32 [N, 3, {}, {}], found {} {}", path, config.image_size,
         config.image_size, name_of(input.dtype()), to_string(input.shape()));
  if (weights::has_non_finite(input))
    fail("{}: expected finite numbers, found an infinity or a NaN", path);
  return input.to_f32();
}

}  // namespace

void forward(const ForwardOptions& options) {
  if (options.logits.empty() && options.features.empty() && options.tokens.empty())
    throw UsageError("forward: nothing to write; name --logits, --features or --tokens");
  const std::vector<std::string> outputs{options.logits, options.features, options.tokens};
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!outputs[i].empty() && std::count(outputs.begin(), outputs.end(), outputs[i]) > 1)
      throw UsageError(
          fmt::format("{}: expected a file for each output, found one for two", outputs[i]));
  const auto file = load_model(options.model);
  const weights::ModelConfig& config = file.metadata.model;
  if (!options.logits.empty() && config.num_classes == 0)
    fail("{}: --logits needs a classifier, found a pre-trained encoder without a head",
         options.model);
  if (config.decoder && (!options.features.empty() || !options.tokens.empty()))
    fail("{}: expected --logits alone for a segmentation model", options.model);
  const Tensor input = read_input(options.input, config);

  const int64_t count = input.size(0);
  const auto wanted = [](const std::string& path, Shape shape) {
    return path.empty() ? Tensor() : Tensor(DType::f32, std::move(shape));
  };
  Shape logits_shape{count, config.num_classes};
  if (config.decoder)
    logits_shape.insert(logits_shape.end(), {config.image_size, config.image_size});
  Tensor logits = wanted(options.logits, logits_shape);
  Tensor features = wanted(options.features, {count, config.embed_dim});
  Tensor tokens = wanted(options.tokens, {count, config.tokens(), config.embed_dim});
  const auto target = [](const std::string& path, Tensor& tensor) {
    return path.empty() ? nullptr : tensor.mutable_floats().data();
  };
  const auto runner = options.make_runner(file, {options.precision, options.threads});
  runner->forward(input.floats().data(), static_cast<size_t>(count),
                  {target(options.logits, logits), target(options.features, features),
                   target(options.tokens, tokens)});

  if (!options.logits.empty()) write_npy(options.logits, logits);
  if (!options.features.empty()) write_npy(options.features, features);
  if (!options.tokens.empty()) write_npy(options.tokens, tokens);
}

}  // namespace evax::tasks
