#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evax/inference/run_images.h"
#include "evax/tasks/outcome.h"

namespace evax::tasks {

/// What the verbs that run a model over images have in common.
struct RunOptions {
  std::string model;                // a model file
  std::vector<std::string> images;  // files, folders, patterns
  engine::Precision precision = engine::Precision::fp32;
  size_t threads = 0;  // 0: all
  image::ReadOptions reading;
  inference::MakeRunner make_runner = inference::run_on_engine;
};

/// inference::run_images with a progress bar. Files that cannot be read are reported and counted;
/// `consume` gets the others.
Outcome run_model(
    const weights::ModelFile& file, const std::vector<std::string>& paths,
    const RunOptions& options, const inference::Wanted& wanted,
    const std::function<void(const inference::Item&, const inference::Result&)>& consume);

/// Reads the files ahead of `consume`, which gets them one by one, with a progress bar. Files that
/// cannot be read, and those for which `consume` fails, are reported and counted.
Outcome for_each_image(
    const weights::Preprocess& preprocess, const std::vector<std::string>& paths,
    const RunOptions& options, inference::Keep keep,
    const std::function<void(inference::Item&, inference::ImageStream&)>& consume);

}  // namespace evax::tasks
