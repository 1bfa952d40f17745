#pragma once

#include <string>

#include "evax/weights/config.h"
#include "evax/weights/safetensors.h"

namespace evax::weights {

/// A model as it lies on disk: weights in timm's layout and everything needed to use them
/// (contract: design.md 3).
struct ModelFile {
  Metadata metadata;
  TensorMap tensors;

  /// The parameter of that name; throws std::logic_error when load() could not have let it miss.
  const Tensor& at(const std::string& name) const;
};

/// All weights in another floating-point type, but for those in 8 bits.
void convert(ModelFile& model, DType dtype);

/// The metadata of an evax model file; throws Error naming `path` when the file is another one.
Metadata read_metadata(const Safetensors& file, const std::string& path);

/// Maps the file and checks every name, shape, dtype and value (finite). Throws Error with a
/// readable difference (missing, unexpected, wrong shape); never half-loads.
ModelFile load_model(const std::string& path);

/// Writes atomically; equal models give equal bytes. Throws Error, and writes nothing, when
/// load_model() would refuse the result.
void save_model(const std::string& path, const ModelFile& model);

}  // namespace evax::weights
