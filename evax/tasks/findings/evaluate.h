#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/inference/grad_cam_network.h"
#include "evax/inference/runner.h"
#include "evax/metrics/findings/thresholds.h"
#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct EvaluateOptions {
  std::string model;   // a model file
  DataSource data;     // its test list is scored; a validation list determines the thresholds
  std::string folder;  // for metrics.json, predictions.csv, report.html, explain.html; empty: none
  bool json = false;   // metrics.json to standard output instead of a table
  metrics::ThresholdRule rule;
  std::vector<std::string> subgroups;  // columns; "age:0,18,40,65" with bands
  size_t draws = 2000;                 // of the bootstrap; 0: no intervals
  uint64_t seed = 0;
  bool paper = false;      // AUC of sigmoids for exclusive classes too, as the original (spec C.6)
  std::string calibrated;  // model file to write with temperature and thresholds of the validation
                           // list and the figures of the test list; empty: none
  std::optional<DType> dtype;  // of its weights; as they are
  engine::Precision precision = engine::Precision::fp32;
  size_t threads = 0;  // 0: all
  inference::MakeRunner make_runner = inference::run_on_engine;
  inference::MakeGradCam make_grad_cam =
      inference::grad_cam_network;  // of convolutional networks, for explain.html
};

/// `evax evaluate`: how good a classifier is on a data set, with intervals (design.md, Outputs
/// other programs read). Unreadable images are counted and listed; more than 1 % are an Error.
void evaluate(const EvaluateOptions& options);

}  // namespace evax::tasks
