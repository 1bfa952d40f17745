#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evax/weights/config.h"

namespace evax::weights {

/// A published task: its classes in the order of the head's rows (spec C.5) and its loss.
struct Preset {
  std::string_view name;
  Task task;
  std::vector<std::string> classes;
};

/// cxr14, chexpert, covidx3, covidx4 or pretrained; throws UsageError naming the known ones.
const Preset& preset_named(const std::string& name);

/// For the segmentation recipes: images are squashed to 512 x 512 (spec D.2), and a pixel belongs
/// to the target above 0.3 (spec D.7).
inline constexpr int segmentation_size = 512;
inline constexpr double segmentation_threshold = 0.3;

/// class_0, class_1, ...: what an import calls classes that nobody has named.
std::vector<std::string> placeholder_classes(size_t count);

/// The evaluation transform of the official code for this model and preset ("" for none)
/// (spec C.3, C.4, of segmentation D.2), EVA-CLIP's own for its towers. Sizes below 224, which the
/// official code has none for, keep its 256 to 224.
Preprocess default_preprocess(const ModelConfig& model, std::string_view preset);

/// What the official Grad-CAM does for every model (spec E): squashed to `size` x `size` in floats,
/// without antialias, the baselines' mean and deviation.
Preprocess grad_cam_preprocess(int size);

}  // namespace evax::weights
