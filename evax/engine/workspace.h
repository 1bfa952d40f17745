#pragma once

#include <algorithm>
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
  /// The rows from `index` on.
  Matrix from(size_t index) const { return {static_cast<std::byte*>(row(index)), stride, element}; }
};

struct Rows {
  size_t begin = 0;
  size_t end = 0;
  size_t count() const { return end - begin; }
};

/// Calls f(image, rows) for every image, of `tokens` rows each, that has some of these rows: which
/// of its own they are.
template <class F>
void for_each_image(Rows rows, size_t tokens, const F& f) {
  for (size_t first = rows.begin; first < rows.end;) {
    const size_t image = first / tokens;
    const size_t last = std::min(rows.end, (image + 1) * tokens);
    f(image, Rows{first - image * tokens, last - image * tokens});
    first = last;
  }
}

/// One thread's part of an image, or of a group of images: its rows, its scratch, and its stopwatch
/// (or none).
struct Part {
  Rows rows;
  void* scratch = nullptr;
  Profile* profile = nullptr;
  void book(Stage stage) const {
    if (profile != nullptr) profile->book(stage);
  }
};

struct WorkspaceShape {
  size_t images;  // that go through the network together, one behind the other
  size_t tokens, width, patch;
  size_t hidden, classes;   // with the padding of their matrix products
  size_t element;           // bytes of an activation
  size_t packed_attention;  // bytes for an image
};

struct UperMemory;

/// What an image needs on its way through the network, or a group of images: the rows of the first,
/// then those of the second.
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
  /// Keys and values of an image.
  void* packed_attention(size_t block, size_t image) const;
  std::shared_ptr<UperMemory> decoder;  // null for a network without one
  /// Memory of it all, the decoder's left out.
  size_t bytes() const { return arena_.bytes(); }

 private:
  Arena arena_;
  std::array<void*, 2> packed_{};
  size_t packed_bytes_;  // of an image
};

}  // namespace evax::engine
