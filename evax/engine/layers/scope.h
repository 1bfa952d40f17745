#pragma once

#include <string>
#include <string_view>

#include "evax/weights/model_file.h"

namespace evax::engine {

/// A place in a model file: a layer is built from the tensors below its prefix, such as
/// "blocks.3.attn".
class Scope {
 public:
  explicit Scope(const weights::ModelFile& file) : file_(file) {}
  Scope operator/(std::string_view name) const;

  bool has(std::string_view name) const;
  /// Whether the weights of the layer below it are rounded to 8 bits.
  bool is_quantized(std::string_view layer) const;
  /// As float32. Throws Error when it is missing or has another shape.
  Tensor get(std::string_view name, const Shape& shape) const;

 private:
  Scope(const weights::ModelFile& file, std::string prefix)
      : file_(file), prefix_(std::move(prefix)) {}
  std::string full(std::string_view name) const;

  const weights::ModelFile& file_;
  std::string prefix_;
};

}  // namespace evax::engine
