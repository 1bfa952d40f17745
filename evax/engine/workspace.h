#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "evax/engine/memory.h"
#include "evax/engine/profile.h"

namespace evax::engine {

/// A row-major matrix in somebody else's memory.
struct Matrix {
  std::byte* data = nullptr;
  size_t stride = 0;   // elements from row to row
  size_t element = 0;  // bytes
  void* row(size_t index) const { return data + index * stride * element; }
};

struct Rows {
  size_t begin = 0;
  size_t end = 0;
  size_t count() const { return end - begin; }
};

/// One thread's part of an image: its rows, its scratch, and its stopwatch (or none).
struct Part {
  Rows rows;
  void* scratch = nullptr;
  Profile* profile = nullptr;
  void book(Stage stage) const {
    if (profile != nullptr) profile->book(stage);
  }
};

struct WorkspaceShape {
  size_t tokens, width, patch;
  size_t hidden, classes;   // with the padding of their matrix products
  size_t element;           // bytes of an activation
  size_t packed_attention;  // bytes
};

struct UperMemory;

/// What one image needs on its way through the network.
class Workspace {
 public:
  /// `attentions`: 2 where several threads share the image, so that one may be packed for the next
  /// block while others still read the last.
  Workspace(const WorkspaceShape& shape, size_t attentions);

  Matrix x;        // [tokens, width] float32: the residual stream
  Matrix y;        // [tokens, width]: input of a projection
  Matrix qkv;      // [tokens, 3 width]
  Matrix hidden;   // [tokens, hidden]
  Matrix patches;  // [tokens - 1, patch]: shares its memory with `hidden`
  Matrix pooled;   // [1, width] float32
  Matrix logits;   // [1, classes] float32
  void* packed_attention(size_t block) const;
  std::shared_ptr<UperMemory> decoder;  // null for a network without one

 private:
  Arena arena_;
  std::array<void*, 2> packed_{};
};

}  // namespace evax::engine
