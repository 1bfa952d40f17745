#pragma once

#include <string>
#include <vector>

namespace evax::train {

struct BenchOptions {
  std::vector<std::string> models{"eva_x_tiny", "eva_x_small", "eva_x_base"};
  std::vector<int> batch_sizes{16};
  std::vector<int> threads{0};     // 0: all
  std::string precision = "fp32";  // as run.precision
  double seconds = 5;              // measured for each row
  bool segment = false;            // with a decoder at 512 px, instead of a classifier at 224 px
  bool json = false;               // one array of rows for programs, instead of a table
};

/// `evax bench --train`: images per second of the training step of each model on the CPU (forward,
/// loss, backward, AdamW, images in memory), the share of this CPU's own measured peak, and where
/// the time goes. A step is counted as three forward passes of multiplications.
void bench(const BenchOptions& options);

}  // namespace evax::train
