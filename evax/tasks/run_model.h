#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evax/image/read.h"
#include "evax/tasks/image_stream.h"
#include "evax/tasks/outcome.h"
#include "evax/tasks/runner.h"

namespace evax::tasks {

/// What the verbs that run a model over images have in common.
struct RunOptions {
  std::string model;                // a model file
  std::vector<std::string> images;  // files, folders, patterns
  engine::Precision precision = engine::Precision::fp32;
  size_t threads = 0;  // 0: all
  image::ReadOptions reading;
  MakeRunner make_runner = run_on_engine;
};

/// Which outputs of the network a verb needs.
struct Wanted {
  bool logits = false;
  bool features = false;
  bool tokens = false;
};

/// One image's share of the network's outputs.
struct Result {
  std::vector<float> logits;    // [num_classes]
  std::vector<float> features;  // [D]
  std::vector<float> tokens;    // [1 + grid^2, D]
};

/// "f32", "bf16" or "auto"; throws UsageError.
engine::Precision parse_precision(const std::string& name);

/// Reads the images of `paths` in parallel with the engine and hands every result to `consume`, in
/// order. Inputs that cannot be read are reported and counted.
Outcome run_model(const weights::ModelFile& file, const std::vector<std::string>& paths,
                  const RunOptions& options, const Wanted& wanted,
                  const std::function<void(const Item&, const Result&)>& consume);

}  // namespace evax::tasks
