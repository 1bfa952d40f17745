#include "evax/weights/torch/storage.h"

#include <cstring>

#include "evax/core/error.h"

namespace evax::weights::torch {
namespace {

constexpr uint64_t max_copied = 256 << 20;  // bytes of strided copies
constexpr int64_t max_bytes = int64_t{1} << 48;

/// The largest element index a view touches; nullopt when the numbers leave int64.
std::optional<int64_t> last_index(const TensorView& view) {
  int64_t last = view.offset;
  for (size_t i = 0; i < view.shape.size(); ++i) {
    int64_t step = 0;
    if (__builtin_mul_overflow(view.shape[i] - 1, view.strides[i], &step) ||
        __builtin_add_overflow(last, step, &last))
      return std::nullopt;
  }
  return last;
}

bool is_empty(const TensorView& view) {
  for (const int64_t dimension : view.shape)
    if (dimension == 0) return true;
  return false;
}

bool is_contiguous(const TensorView& view) {
  int64_t expected = 1;
  for (size_t i = view.shape.size(); i-- > 0;) {
    if (view.shape[i] != 1 && view.strides[i] != expected) return false;
    expected *= view.shape[i];
  }
  return true;
}

/// Copies one strided dimension after the other; returns the end of what it wrote.
std::byte* copy_strided(const TensorView& view, size_t dimension, const std::byte* from,
                        std::byte* to, size_t width) {
  if (dimension == view.shape.size()) {
    std::memcpy(to, from, width);
    return to + width;
  }
  for (int64_t i = 0; i < view.shape[dimension]; ++i)
    to = copy_strided(view, dimension + 1,
                      from + i * view.strides[dimension] * static_cast<int64_t>(width), to, width);
  return to;
}

}  // namespace

size_t StorageTable::declare(std::string_view key, DType dtype, int64_t elements) {
  if (elements < 0 || elements > max_bytes / static_cast<int64_t>(size_of(dtype)))
    fail("{}: the storage '{}' claims {} elements", path_, key, elements);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    const Row& row = rows_[found->second];
    if (row.dtype != dtype || row.elements != elements)
      fail("{}: the storage '{}' is declared as {} x {} and as {} x {}", path_, key, row.elements,
           name_of(row.dtype), elements, name_of(dtype));
    return found->second;
  }
  rows_.push_back({std::string(key), dtype, elements, std::nullopt});
  by_key_.emplace(key, rows_.size() - 1);
  return rows_.size() - 1;
}

std::optional<DType> StorageTable::dtype_of(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional(rows_[found->second].dtype);
}

void StorageTable::check(const TensorView& view) const {
  const Row& row = rows_[view.storage];
  for (size_t i = 0; i < view.shape.size(); ++i)
    if (view.shape[i] < 0 || view.strides[i] < 0)
      fail("{}: a tensor has the shape {} and the strides {}", path_, to_string(view.shape),
           to_string(view.strides));
  // An empty view may begin where its storage ends.
  const bool inside = view.offset >= 0 && view.offset <= row.elements;
  const auto last = inside && !is_empty(view) ? last_index(view) : std::nullopt;
  if (!inside || (!is_empty(view) && (!last || *last >= row.elements)))
    fail("{}: a tensor of shape {}, strides {} and offset {} leaves its storage of {} elements",
         path_, to_string(view.shape), to_string(view.strides), view.offset, row.elements);
}

const Bytes& StorageTable::bytes_of(Row& row) {
  if (!row.bytes) {
    const size_t size = static_cast<size_t>(row.elements) * size_of(row.dtype);
    row.bytes = loader_(row.key, size);
    if (row.bytes->view.size() != size)
      fail("{}: the storage '{}' needs {} bytes, found {}", path_, row.key, size,
           row.bytes->view.size());
  }
  return *row.bytes;
}

void StorageTable::charge(uint64_t bytes) {
  if (bytes > max_copied - charged_)
    fail("{}: the checkpoint's strided tensors take more than {} MB", path_, max_copied >> 20);
  charged_ += bytes;
}

Tensor StorageTable::tensor(const TensorView& view) {
  Row& row = rows_[view.storage];
  const size_t width = size_of(row.dtype);
  if (is_empty(view)) return {row.dtype, view.shape};
  if (is_contiguous(view)) {
    const auto size = static_cast<size_t>(element_count(view.shape)) * width;
    const Bytes& bytes = bytes_of(row);
    return {row.dtype, view.shape,
            bytes.view.subspan(static_cast<size_t>(view.offset) * width, size), bytes.owner};
  }
  int64_t size = 0;
  if (__builtin_mul_overflow(element_count(view.shape), static_cast<int64_t>(width), &size))
    fail("{}: a tensor has the impossible shape {}", path_, to_string(view.shape));
  charge(static_cast<uint64_t>(size));
  Tensor dense(row.dtype, view.shape);
  const std::byte* from = bytes_of(row).view.data() + view.offset * static_cast<int64_t>(width);
  copy_strided(view, 0, from, dense.mutable_bytes().data(), width);
  return dense;
}

}  // namespace evax::weights::torch
