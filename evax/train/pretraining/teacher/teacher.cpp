#include "evax/train/pretraining/teacher.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <optional>

#include "evax/core/error.h"
#include "evax/engine/model.h"
#include "evax/nn/layers/linear.h"
#include "evax/nn/tensors.h"
#include "evax/nn/vision_transformer.h"
#include "evax/train/pretraining/teacher/backbone.h"
#include "evax/train/pretraining/teacher/renormalise.h"
#include "evax/weights/convert/tokenizer.h"

namespace evax::train {
namespace {

using weights::ModelConfig;
using weights::ModelFile;
using weights::Preprocess;

/// Any vision transformer. Its final norm and, where it has one, its projection see only the tokens
/// that are asked for, in float32.
class VisionTeacher : public Teacher {
 public:
  VisionTeacher(const ModelFile& file, std::unique_ptr<Backbone> backbone,
                std::optional<Renormalise> renormalise, const at::Device& device,
                std::vector<std::string> notes)
      : config_(file.metadata.model),
        backbone_(std::move(backbone)),
        renormalise_(std::move(renormalise)),
        notes_(std::move(notes)) {
    const auto parameter = [&](std::string_view module, std::string_view name) {
      return nn::to_torch(file.at(fmt::format("{}.{}", module, name))).to(device);
    };
    norm_weight_ = parameter(final_norm_name(config_), "weight");
    norm_bias_ = parameter(final_norm_name(config_), "bias");
    if (config_.projection == 0) return;
    projection_weight_ = parameter("head", "weight");
    projection_bias_ = parameter("head", "bias");
  }

  int view_size() const override { return config_.image_size; }
  int width() const override {
    return config_.projection > 0 ? config_.projection : config_.embed_dim;
  }
  std::vector<std::string> notes() const override { return notes_; }

  at::Tensor targets(const at::Tensor& images, const at::Tensor& patches) override {
    const at::NoGradGuard no_grad;
    const at::Tensor tokens = backbone_
                                  ->tokens(renormalise_ ? (*renormalise_)(images) : images,
                                           nn::token_rows(patches, config_.tokens()))
                                  .to(at::kFloat);
    const at::Tensor normalised =
        at::layer_norm(tokens, norm_weight_.sizes(), norm_weight_, norm_bias_, nn::norm_epsilon);
    if (!projection_weight_.defined()) return normalised;
    return at::linear(normalised, projection_weight_, projection_bias_);
  }

 private:
  ModelConfig config_;
  std::unique_ptr<Backbone> backbone_;
  std::optional<Renormalise> renormalise_;
  std::vector<std::string> notes_;
  at::Tensor norm_weight_, norm_bias_;
  at::Tensor projection_weight_, projection_bias_;  // undefined without a projection
};

weights::Imported read_teacher(const TeacherRecipe& recipe) {
  if (!std::filesystem::exists(recipe.model))
    fail("teacher.model: expected a model file or a checkpoint, found no file '{}'", recipe.model);
  weights::ImportOptions options;
  if (recipe.num_heads > 0) options.num_heads = recipe.num_heads;
  weights::Imported read = weights::read_weights(recipe.model, options);
  if (read.model.metadata.model.decoder)
    fail("{}: expected an encoder to teach, found a segmentation model", recipe.model);
  return read;
}

// The engine is the faster one on a CPU (docs/benchmarks.md) and never uses a GPU.
bool runs_on_engine(const TeacherRecipe& recipe, const ModelConfig& config,
                    const at::Device& device) {
  const bool possible = engine::runs(config);
  if (recipe.backend == "engine" && !possible)
    fail(
        "{}: the engine runs heads of 64 channels, found {} channels in {} heads: expected "
        "teacher.backend = \"torch\"",
        recipe.model, config.embed_dim, config.num_heads);
  return recipe.backend == "engine" || (recipe.backend == "auto" && device.is_cpu() && possible);
}

std::string normalisation_note(const Preprocess& preprocess, std::string_view whose) {
  return fmt::format("the images it sees are normalised by {} mean {:.4f} and std {:.4f}", whose,
                     fmt::join(preprocess.mean, " "), fmt::join(preprocess.std, " "));
}

}  // namespace

std::unique_ptr<Teacher> Teacher::make(const TeacherRecipe& recipe, const ModelConfig& student,
                                       const Preprocess& corpus, const at::Device& device,
                                       Precision precision) {
  auto [file, notes] = read_teacher(recipe);
  const ModelConfig& config = file.metadata.model;
  fit_tokenizer(file, recipe.model, student,
                recipe.patch == "kernel" ? weights::PatchFit::kernel : weights::PatchFit::view,
                notes);
  notes.push_back(fmt::format("{}, {:.2f} M parameters, looks at {} x {} pixels", config.variant,
                              static_cast<double>(parameter_count(config)) / 1e6, config.image_size,
                              config.image_size));

  const Preprocess& own = file.metadata.preprocess;
  std::optional<Renormalise> renormalise;
  if (recipe.normalization == "own") renormalise.emplace(corpus, own, device);
  notes.push_back(renormalise ? normalisation_note(own, "its own")
                              : normalisation_note(corpus, "the corpus's"));

  auto backbone = runs_on_engine(recipe, config, device)
                      ? make_engine_backbone(file, precision)
                      : make_torch_backbone(file, device, precision);
  notes.push_back(fmt::format("runs on {}, {:.2f} GiB of weights", backbone->description(),
                              backbone->weight_bytes() / (1 << 30)));
  return std::make_unique<VisionTeacher>(file, std::move(backbone), std::move(renormalise), device,
                                         std::move(notes));
}

}  // namespace evax::train
