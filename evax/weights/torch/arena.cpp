#include "evax/weights/torch/arena.h"

#include <algorithm>

#include "evax/core/error.h"

namespace evax::weights::torch {
namespace {

constexpr size_t max_memory = 256 << 20;  // some four million values
constexpr uint32_t max_depth = 1000;

}  // namespace

std::string_view Arena::keep(std::string text) {
  charge(sizeof(std::string) + text.size());
  return texts_.emplace_back(std::move(text));
}

void Arena::charge(size_t bytes) {
  if (bytes > max_memory - charged_)
    fail("{}: the pickle asks for more than {} MB of objects", path_, max_memory >> 20);
  charged_ += bytes;
}

void Arena::nest(Value& parent, const Value& child) {
  parent.depth = std::max(parent.depth, child.depth + 1);
  if (parent.depth > max_depth)
    fail("{}: the pickle nests containers more than {} deep", path_, max_depth);
}

}  // namespace evax::weights::torch
