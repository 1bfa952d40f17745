#include "evax/engine/layers/scope.h"

#include "evax/core/error.h"

namespace evax::engine {

std::string Scope::full(std::string_view name) const {
  return prefix_.empty() ? std::string(name) : fmt::format("{}.{}", prefix_, name);
}

Scope Scope::operator/(std::string_view name) const { return {file_, full(name)}; }

bool Scope::has(std::string_view name) const { return file_.tensors.contains(full(name)); }

bool Scope::is_quantized(std::string_view layer) const {
  return file_.metadata.is_quantized(full(layer));
}

Tensor Scope::get(std::string_view name, const Shape& shape) const {
  const auto found = file_.tensors.find(full(name));
  if (found == file_.tensors.end()) fail("the model has no tensor {}", full(name));
  if (found->second.shape() != shape)
    fail("{}: expected shape {}, found {}", full(name), to_string(shape),
         to_string(found->second.shape()));
  return found->second.to_f32();
}

}  // namespace evax::engine
