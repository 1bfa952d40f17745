#include "evax/train/teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evax/nn/tensors.h"
#include "evax/train/teacher/backbone.h"
#include "evax/weights/convert/tokenizer.h"

namespace evax::train {
namespace {

using weights::ModelFile;
using weights::Preprocess;

/// From pixels normalised one way to pixels normalised another: x * scale + shift, each
/// [1, 3, 1, 1].
struct Renormalise {
  at::Tensor scale, shift;

  Renormalise(const Preprocess& from, const Preprocess& to, const at::Device& device)
      : scale(at::empty({1, 3, 1, 1}, at::kFloat)), shift(at::empty({1, 3, 1, 1}, at::kFloat)) {
    for (size_t c = 0; c < 3; ++c) {
      const auto channel = static_cast<int64_t>(c);
      scale[0][channel][0][0] = from.std[c] / to.std[c];
      shift[0][channel][0][0] = (from.mean[c] - to.mean[c]) / to.std[c];
    }
    scale = scale.to(device);
    shift = shift.to(device);
  }

  at::Tensor operator()(const at::Tensor& images) const {
    return at::addcmul(shift, images, scale);
  }
};

/// Any vision transformer: final norm, then the projection where it has one, on the tokens of the
/// patches that are asked for; both in float32.
class VisionTeacher : public Teacher {
 public:
  VisionTeacher(const ModelFile& file, std::unique_ptr<Backbone> backbone,
                std::optional<Renormalise> renormalise, const at::Device& device,
                std::vector<std::string> notes)
      : config_(file.metadata.model),
        backbone_(std::move(backbone)),
        renormalise_(std::move(renormalise)),
        notes_(std::move(notes)) {
    const std::string norm(final_norm_name(config_));
    norm_weight_ = nn::to_torch(file.at(norm + ".weight")).to(device);
    norm_bias_ = nn::to_torch(file.at(norm + ".bias")).to(device);
  }

  int view_size() const override { return config_.image_size; }
  int width() const override { return config_.embed_dim; }
  std::vector<std::string> notes() const override { return notes_; }

  at::Tensor targets(const at::Tensor& images, const at::Tensor& patches) override {
    const at::NoGradGuard no_grad;
    const at::Tensor tokens = backbone_->tokens(renormalise_ ? (*renormalise_)(images) : images);
    const int64_t per_image = config_.tokens() - 1;
    const at::Tensor rows = patches + patches.div(per_image, "floor") + 1;  // past the cls tokens
    const at::Tensor chosen = tokens.flatten(0, 1).index_select(0, rows).to(at::kFloat);
    return at::layer_norm(chosen, norm_weight_.sizes(), norm_weight_, norm_bias_, 1e-6);
  }

 private:
  weights::ModelConfig config_;
  std::unique_ptr<Backbone> backbone_;
  std::optional<Renormalise> renormalise_;
  std::vector<std::string> notes_;
  at::Tensor norm_weight_, norm_bias_;
};

std::string normalisation_note(const Preprocess& preprocess, const std::string& whose) {
  return fmt::format("normalisation: {}, mean {:.4f} {:.4f} {:.4f}, std {:.4f} {:.4f} {:.4f}",
                     whose, preprocess.mean[0], preprocess.mean[1], preprocess.mean[2],
                     preprocess.std[0], preprocess.std[1], preprocess.std[2]);
}

}  // namespace

std::unique_ptr<Teacher> Teacher::make(const TeacherRecipe& recipe,
                                       const weights::ModelConfig& student,
                                       const Preprocess& corpus, const at::Device& device,
                                       Precision precision) {
  weights::Imported read = weights::read_weights(recipe.model, {});
  ModelFile& file = read.model;
  std::vector<std::string> notes = std::move(read.notes);
  fit_tokenizer(file, recipe.model, student.grid(), student.patch_size,
                recipe.patch == "kernel" ? weights::PatchFit::kernel : weights::PatchFit::view,
                notes);
  const bool own = recipe.normalization == "own";
  notes.push_back(own ? normalisation_note(file.metadata.preprocess, "the teacher's own")
                      : normalisation_note(corpus, "the corpus's"));
  std::optional<Renormalise> renormalise;
  if (own) renormalise.emplace(corpus, file.metadata.preprocess, device);
  auto backbone = make_torch_backbone(file, device, precision);
  notes.push_back("runs on " + backbone->description());
  return std::make_unique<VisionTeacher>(file, std::move(backbone), std::move(renormalise), device,
                                         std::move(notes));
}

}  // namespace evax::train
