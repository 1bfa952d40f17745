#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evax/weights/config.h"

namespace evax::weights {

/// What a Hugging Face folder says about the images: timm's `pretrained_cfg` in config.json, or the
/// preprocessor_config.json of transformers. A field that it does not give is empty.
struct HubTransform {
  std::string path;                         // of the file that says it
  std::optional<std::vector<double>> mean;  // of one channel or three
  std::optional<std::vector<double>> std;
  std::optional<std::string> interpolation;     // evax's word; as written where it has none
  std::optional<Fit> fit;                       // nothing for what evax does not do: `unknown_fit`
  std::string unknown_fit;                      // "border": padded to a square
  std::optional<double> crop_pct;               // the crop's share of the resized image
  std::optional<std::array<double, 2>> resize;  // height, width, to a crop of `crop`
  std::optional<double> crop;
};

/// What the files beside a folder's weights say that the tensors do not.
struct HubConfig {
  std::optional<int> rope_ref_grid;
  std::vector<std::string> classes;
  std::optional<Task> task;
  std::optional<HubTransform> transform;
};

/// Reads config.json and preprocessor_config.json, each where there is one. Throws Error naming the
/// file and the key that make no sense.
HubConfig read_hub_config(const std::string& folder);

/// The transform on images of `size` pixels; `defaults` for what is not given. Adds notes about
/// what was taken and what evax cannot do. Throws Error naming the file.
Preprocess preprocess_of(const HubTransform& transform, int size, const Preprocess& defaults,
                         std::vector<std::string>& notes);

/// One sentence of a preprocessing: "mean 0.5, std 0.25, shorter side to 256, crop 224, bicubic".
std::string sentence_of(const Preprocess& preprocess);

}  // namespace evax::weights
