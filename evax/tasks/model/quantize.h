#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "evax/image/read.h"

namespace evax::tasks {

struct QuantizeOptions {
  std::string model;               // a model file
  std::string output;              // the one to write
  std::vector<std::string> check;  // images, or one TOML file with a table [data]
  bool unchecked = false;          // write without a check
  std::vector<std::string> keep;   // modules that stay in floating point: "blocks.0", "head"
  double most = 0.02;              // difference of a probability that is still written
  size_t draws = 2000;             // of the bootstrap; 0: no intervals
  size_t threads = 0;              // 0: all
  image::ReadOptions reading;
};

/// `evax quantize`: the linear layers of a transformer's blocks in 8 bits, compared with float32 on
/// the images given: probabilities, calls and, where labels are known, areas under the curve.
/// Returns the exit code. Throws Error, and writes nothing, when a probability differs by more than
/// `most`.
int quantize(const QuantizeOptions& options);

}  // namespace evax::tasks
