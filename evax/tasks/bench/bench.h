#pragma once

#include <string>
#include <vector>

#include "evax/engine/precision.h"

namespace evax::tasks {

struct BenchOptions {
  std::string model;
  bool json = false;              // one array of rows for programs, instead of a table
  std::vector<std::string> only;  // these peers alone, "openvino:bf16"; empty: all or none
  bool peers = false;             // also onnxruntime, OpenVINO and PyTorch (tools/bench-peers.sh)
  std::vector<size_t> batch{1, 8};
  std::vector<size_t> threads{1, 2};
  double seconds = 1.0;  // measured for each row, spread over interleaved rounds
  /// automatic: fp32, and bf16 where the CPU has it.
  engine::Precision precision = engine::Precision::automatic;
};

/// `evax bench`: images per second of the network alone, the share of this CPU's own peak measured
/// in the same rounds, and the time in each stage. Engines take turns, so that a busy machine slows
/// all alike; figures are medians over the rounds.
void bench(const BenchOptions& options);

}  // namespace evax::tasks
