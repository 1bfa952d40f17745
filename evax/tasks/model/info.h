#pragma once

#include <string>

#include "evax/image/read.h"

namespace evax::tasks {

struct InfoOptions {
  std::string path;      // a model file, checkpoint, Hugging Face folder, image, folder of shards;
                         // or, where there is no such file, the name of a published network
  bool json = false;     // for programs
  bool tensors = false;  // list every tensor
  image::ReadOptions reading;
  bool flops = false;  // of a network: parameters and multiply-accumulates by stage
};

/// `evax info`: what a file is. Model files and checkpoints are described without loading weights,
/// so one that load_model() would refuse is described too. An image's description never holds
/// patient data. Throws Error for `flops` of what has no known network.
void info(const InfoOptions& options);

}  // namespace evax::tasks
