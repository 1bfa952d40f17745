#include "evax/weights/cost.h"

#include "evax/weights/cnn.h"
#include "evax/weights/cost_decoder.h"

namespace evax::weights {
namespace {

// ---- transformers ----

std::string transformer_stage(std::string_view name) {
  if (!name.starts_with("blocks.")) {
    const bool head = name.starts_with("head.") || name.find("norm.") != std::string_view::npos;
    return head ? "head" : "patch_embed";
  }
  const bool mlp = name.find(".mlp.") != std::string_view::npos ||
                   name.find(".norm2.") != std::string_view::npos;
  return mlp ? "mlp" : "attention";
}

// Queries by keys, weights by values, in every block.
double attention_products(const ModelConfig& config) {
  const double tokens = config.tokens();
  return config.depth * 2 * tokens * tokens * config.embed_dim;
}

// ---- convolutional networks ----

// A norm that stands alone belongs to the stage before it.
std::string convolutional_stage(std::string_view name) {
  constexpr std::string_view features = "features.";
  if (name.starts_with(features)) name.remove_prefix(features.size());
  const std::string_view module = name.substr(0, name.find('.'));
  if (module == "bn1") return "conv1";
  if (module == "norm0") return "conv0";
  if (module == "norm5") return "denseblock4";
  return std::string(module);
}

// Which of the four stages a layer belongs to, from 1; 0 for the stem.
int stage_number(const std::string& stage) {
  const bool numbered = stage.starts_with("layer") || stage.starts_with("denseblock") ||
                        stage.starts_with("transition");
  return numbered ? stage.back() - '0' : 0;
}

// Side of what a convolution gives. The stem halves the picture twice, in its convolution and by
// pooling; every stage after the first halves it once more, a ResNet's in the 3 x 3 convolution of
// its first block, a DenseNet's by pooling without a border, which drops an odd row.
int side_of(const ModelConfig& config, std::string_view name) {
  const int stage = stage_number(convolutional_stage(name));
  const bool before_halving =
      config.arch == "resnet50" && stage > 1 && name.ends_with(".0.conv1.weight");
  const int halvings = 1 + stage - (before_halving ? 1 : 0);
  int side = config.image_size;
  for (int i = 0; i < halvings; ++i)
    side = (side + (config.arch == "resnet50" || i < 2 ? 1 : 0)) / 2;
  return side;
}

// ---- all ----

std::string stage_of(const ModelConfig& config, std::string_view name) {
  if (is_decoder_parameter(name)) return decoder_stage(name);
  return config.is_transformer() ? transformer_stage(name) : convolutional_stage(name);
}

// How many times a matrix or kernel is applied to an image.
double positions(const ModelConfig& config, std::string_view name) {
  if (is_decoder_parameter(name)) return decoder_positions(config, name);
  if (name.starts_with(head_name(config))) return 1;
  if (config.is_transformer())
    return name.starts_with("patch_embed.") ? config.tokens() - 1 : config.tokens();
  const double side = side_of(config, name);
  return side * side;
}

StageCost& stage_named(std::vector<StageCost>& stages, const std::string& name) {
  for (StageCost& stage : stages)
    if (stage.name == name) return stage;
  return stages.emplace_back(StageCost{name});
}

}  // namespace

std::vector<StageCost> cost_by_stage(const ModelConfig& config) {
  std::vector<StageCost> stages;
  for (const auto& [name, shape] : parameters_of(config)) {
    if (is_running_statistic(name)) continue;
    StageCost& stage = stage_named(stages, stage_of(config, name));
    stage.parameters += element_count(shape);
    const bool multiplies = shape.size() > 1 && name.ends_with(".weight");
    if (multiplies)
      stage.macs += static_cast<double>(element_count(shape)) * positions(config, name);
  }
  if (config.is_transformer()) stage_named(stages, "attention").macs += attention_products(config);
  return stages;
}

double macs_per_image(const ModelConfig& config) {
  double total = 0;
  for (const StageCost& stage : cost_by_stage(config)) total += stage.macs;
  return total;
}

}  // namespace evax::weights
