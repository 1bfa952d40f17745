#pragma once

#include <string>

#include "evax/inference/runner.h"

namespace evax::tasks {

struct ForwardOptions {
  std::string model;
  std::string input;                     // x.npy: float32 [N, 3, H, W], normalised
  std::string logits, features, tokens;  // .npy files to write; empty: not requested
  engine::Precision precision = engine::Precision::fp32;
  size_t threads = 0;  // 0: all
  inference::MakeRunner make_runner = inference::run_on_engine;
};

/// `evax forward`: the network alone, for comparing it with others (design.md 3).
/// logits [N, C] before sigmoid or softmax, of a segmentation model [N, C, H, W]; features [N, D];
/// tokens [N, 1 + grid^2, D].
void forward(const ForwardOptions& options);

}  // namespace evax::tasks
