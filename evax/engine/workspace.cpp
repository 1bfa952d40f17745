#include "evax/engine/workspace.h"

#include <algorithm>

namespace evax::engine {
namespace {

size_t bytes_of(size_t rows, const Matrix& matrix) { return rows * matrix.stride * matrix.element; }

Matrix shaped(size_t columns, size_t element) {
  return {nullptr, padded_stride(columns, element), element};
}

}  // namespace

Workspace::Workspace(const WorkspaceShape& shape, size_t attentions)
    : x(shaped(shape.width, sizeof(float))),
      y(shaped(shape.width, shape.element)),
      qkv(shaped(3 * shape.width, shape.element)),
      hidden(shaped(shape.hidden, shape.element)),
      patches(shaped(shape.patch, shape.element)),
      pooled(shaped(shape.width, sizeof(float))),
      logits(shaped(shape.classes, sizeof(float))),
      packed_bytes_(shape.packed_attention) {
  const size_t rows = shape.images * shape.tokens;
  for (Matrix* matrix : {&x, &y, &qkv})
    matrix->data = static_cast<std::byte*>(arena_.take(bytes_of(rows, *matrix)));
  for (Matrix* matrix : {&pooled, &logits})
    matrix->data = static_cast<std::byte*>(arena_.take(bytes_of(1, *matrix)));
  hidden.data = patches.data = static_cast<std::byte*>(
      arena_.take(std::max(bytes_of(rows, hidden), bytes_of(rows, patches))));
  for (size_t i = 0; i < packed_.size(); ++i)
    packed_[i] = i < attentions ? arena_.take(shape.images * packed_bytes_) : packed_[0];
}

void* Workspace::packed_attention(size_t block, size_t image) const {
  return static_cast<std::byte*>(packed_[block % packed_.size()]) + image * packed_bytes_;
}

}  // namespace evax::engine
