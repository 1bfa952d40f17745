#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "evax/core/tensor.h"

namespace evax::weights::torch {

struct Value;
using Items = std::vector<const Value*>;

/// Python objects as plain data. Texts and bytes are windows into the pickle or into the Arena.
struct None {};
struct BigInt {
  std::string_view little_endian;  // two's complement, more than 8 bytes
};
struct Text {
  std::string_view utf8;  // as the pickle has it: not checked to be valid
};
struct Blob {
  std::string_view bytes;
};
/// An importable name that is on the whitelist; only ever data or the head of a known call.
struct Global {
  std::string_view name;  // "torch.FloatStorage"
};
struct Sequence {
  enum class Kind { list, tuple, set, frozenset, size };
  Kind kind;
  Items items;
};
struct Dict {
  std::vector<std::pair<const Value*, const Value*>> items;  // of equal keys the last one counts
};
struct Namespace {
  const Value* attributes = nullptr;  // a Dict
};
/// A row of StorageTable.
struct StorageRef {
  size_t index;
};
/// A strided window on a storage, inside its bounds. Offset and strides in elements.
struct TensorView {
  size_t storage = 0;
  int64_t offset = 0;
  Shape shape;
  Shape strides;
};
struct NumpyDType {
  std::string_view code;  // "f8"
  bool big_endian = false;
};
struct NumpyArray {
  NumpyDType dtype;
  Shape shape;
  std::string_view bytes;
};

/// A node of the object graph, owned by an Arena. The graph may share nodes and hold cycles, so
/// whoever walks it bounds his own depth.
struct Value {
  std::variant<None, bool, int64_t, BigInt, double, Text, Blob, Global, Sequence, Dict, Namespace,
               StorageRef, std::shared_ptr<const TensorView>, NumpyDType,
               std::shared_ptr<NumpyArray>>
      data;
  uint32_t depth = 0;  // of containers below this one when it was last filled

  template <typename T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  const TensorView* tensor() const {
    const auto* view = get<std::shared_ptr<const TensorView>>();
    return view == nullptr ? nullptr : view->get();
  }
};

/// The value of a text key of a Dict; nullptr when there is none.
const Value* find(const Dict& dict, std::string_view key);

/// What a value is, in Python's words: "a list", "an int", "os.path.join".
std::string describe(const Value& value);

}  // namespace evax::weights::torch
