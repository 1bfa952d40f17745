#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evax/image/read.h"
#include "evax/inference/image_stream.h"
#include "evax/inference/runner.h"

namespace evax::inference {

/// Outputs of the network to compute.
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

/// Reads the files in parallel with the network, which takes those that are ready together, and
/// hands every file to `consume`, in order: with its result, or with an error and none.
void run_images(const weights::ModelFile& file, const std::vector<std::string>& paths,
                const image::ReadOptions& reading, const engine::Options& options,
                const MakeRunner& make_runner, const Wanted& wanted,
                const std::function<void(const Item&, const Result&)>& consume);

}  // namespace evax::inference
