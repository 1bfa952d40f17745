#pragma once

#include <deque>
#include <string>

#include "evax/weights/torch/value.h"

namespace evax::weights::torch {

/// Owns every value of a checkpoint, so that a cyclic graph does not leak and a deep one is not
/// freed by recursion, and bounds the memory a pickle can make its reader take.
class Arena {
 public:
  explicit Arena(std::string path) : path_(std::move(path)) {}

  template <typename T>
  Value* make(T data) {
    charge(sizeof(Value));
    return &values_.emplace_back(Value{std::move(data)});
  }
  /// A text made by the reader itself (most are windows into the pickle).
  std::string_view keep(std::string text);

  /// Accounts for memory about to be taken; Error beyond the limit.
  void charge(size_t bytes);

  /// Throws Error when `child` would make containers nest too deep, else records the depth.
  void nest(Value& parent, const Value& child);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::deque<Value> values_;
  std::deque<std::string> texts_;
  size_t charged_ = 0;
};

}  // namespace evax::weights::torch
