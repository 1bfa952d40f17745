#pragma once

#include <map>
#include <string>

#include "evax/core/tensor.h"
#include "evax/weights/config.h"

namespace evax::weights {

/// A model as it lies on disk: weights in timm's layout and everything needed to use them
/// (contract: design.md 3).
struct ModelFile {
  Metadata metadata;
  std::map<std::string, Tensor> tensors;

  /// The parameter of that name; throws std::logic_error when load() could not have let it miss.
  const Tensor& at(const std::string& name) const;
};

/// Maps the file and checks every name, shape, dtype and value (finite). Throws Error with a
/// readable difference (missing, unexpected, wrong shape); never half-loads.
ModelFile load_model(const std::string& path);

/// Writes atomically; equal models give equal bytes.
void save_model(const std::string& path, const ModelFile& model);

}  // namespace evax::weights
