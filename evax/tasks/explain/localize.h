#pragma once

#include <optional>
#include <string>

#include "evax/inference/grad_cam_network.h"
#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct LocalizeOptions {
  std::string model;   // a classifier's model file
  DataSource data;     // its table [data] as data::BoxConfig
  std::string folder;  // for metrics.json and localization.csv; empty: none
  bool json = false;   // metrics.json to standard output instead of a table
  bool paper = false;  // as the original's get_cams.py --searching (spec E): its preprocessing, on
                       // the network's input, the threshold chosen on the boxes scored
  std::optional<double> threshold;  // of the maps; empty: chosen
  size_t draws = 2000;              // of the bootstrap; 0: no intervals
  uint64_t seed = 0;
  engine::Precision precision = engine::Precision::fp32;
  size_t threads = 0;  // 0: all
  inference::MakeGradCam make_grad_cam = inference::grad_cam_network;
};

/// `evax localize`: how well the Grad-CAM of a classifier finds what people drew boxes around
/// (docs/explaining.md).
void localize(const LocalizeOptions& options);

}  // namespace evax::tasks
