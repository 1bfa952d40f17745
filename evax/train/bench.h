#pragma once

#include <string>
#include <vector>

namespace evax::train {

struct BenchOptions {
  std::vector<std::string> models{"eva_x_tiny", "eva_x_small", "eva_x_base"};
  int batch_size = 16;
  int threads = 0;                  // 0: all
  std::string precision = "fp32";   // fp32 | bf16
  double seconds = 5;               // measured for each model
  bool json = false;                // one array of rows for programs, instead of a table
};

/// `evax-train bench`: images per second of the training step of each model on the CPU (forward,
/// loss, backward, AdamW, images in memory), the share of this CPU's own measured peak, and where the
/// time goes. A step is counted as three forward passes of multiplications.
void bench(const BenchOptions& options);

}  // namespace evax::train
