#include "evax/weights/convert/presets.h"

#include <cmath>

#include "evax/core/error.h"

namespace evax::weights {
namespace {

constexpr int official_size = 224;
constexpr int official_resize = 256;
constexpr float baseline_mean = 0.5056F;
constexpr float baseline_std = 0.252F;
// CLIP's (spec B.1)
constexpr std::array<float, 3> clip_mean{0.48145466F, 0.4578275F, 0.40821073F};
constexpr std::array<float, 3> clip_std{0.26862954F, 0.26130258F, 0.27577711F};

Preprocess squashed(int size, Arithmetic arithmetic) {
  Preprocess preprocess;
  preprocess.resize = {size, size};
  preprocess.crop = size;
  preprocess.fit = Fit::squash;
  preprocess.arithmetic = arithmetic;
  preprocess.interpolation = Interpolation::bilinear;
  preprocess.antialias = false;
  return preprocess;
}

}  // namespace

const Preset& preset_named(const std::string& name) {
  static const std::vector<Preset> presets = {
      {"cxr14",
       Task::multilabel,
       {"Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia",
        "Pneumothorax", "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening",
        "Hernia"}},
      {"chexpert",
       Task::multilabel,
       {"Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion"}},
      {"covidx3", Task::multiclass, {"normal", "pneumonia", "COVID-19"}},
      {"covidx4", Task::multiclass, {"negative", "positive"}},
      {"pretrained", Task::pretrain, {}}};
  std::vector<std::string_view> names;
  for (const Preset& preset : presets) {
    if (preset.name == name) return preset;
    names.push_back(preset.name);
  }
  throw UsageError(fmt::format("expected the preset {}, found '{}'", fmt::join(names, ", "), name));
}

std::vector<std::string> placeholder_classes(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("class_{}", i));
  return names;
}

Preprocess default_preprocess(const ModelConfig& model, std::string_view preset) {
  const int size = model.image_size;
  if (model.decoder) return squashed(size, Arithmetic::cv2_8);  // the same for all (spec H 17)
  int resize = size;
  if (size <= official_size && !model.is_eva_clip() &&
      !(preset == "chexpert" && model.variant == "eva_x_tiny"))
    resize =
        static_cast<int>(std::lround(static_cast<double>(size) * official_resize / official_size));
  Preprocess preprocess;
  preprocess.resize = {resize, resize};
  preprocess.crop = size;
  if (model.is_eva_clip()) {
    preprocess.mean = clip_mean;
    preprocess.std = clip_std;
  } else if (!model.is_eva_x()) {
    preprocess.mean.fill(baseline_mean);
    preprocess.std.fill(baseline_std);
  }
  return preprocess;
}

Preprocess grad_cam_preprocess(int size) {
  Preprocess preprocess = squashed(size, Arithmetic::real);
  preprocess.mean.fill(baseline_mean);
  preprocess.std.fill(baseline_std);
  return preprocess;
}

}  // namespace evax::weights
