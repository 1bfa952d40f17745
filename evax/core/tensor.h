#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evax {

enum class DType { f32, f16, bf16, f64, i64, i32, i16, i8, u8, boolean };

size_t size_of(DType dtype);
/// "F32", "BF16", ... as safetensors writes them.
std::string_view name_of(DType dtype);
bool is_floating(DType dtype);

using Shape = std::vector<int64_t>;

/// Product of the dimensions; 1 for a scalar. Throws Error on a negative dimension or when the
/// product leaves int64.
int64_t element_count(const Shape& shape);
/// "[3, 224, 224]"
std::string to_string(const Shape& shape);

/// A dense row-major array: dtype, shape and bytes. Copies share the bytes, which are immutable
/// once shared; `owner` keeps them alive, so a tensor may be a window into a mapped file.
class Tensor {
 public:
  Tensor() = default;
  /// Zero-filled, writable through data().
  Tensor(DType dtype, Shape shape);
  /// A view of foreign bytes that `owner` keeps alive. Throws Error if the size does not match.
  Tensor(DType dtype, Shape shape, std::span<const std::byte> bytes,
         std::shared_ptr<const void> owner);

  static Tensor from_floats(Shape shape, std::span<const float> values);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t size(size_t dimension) const { return shape_.at(dimension); }
  int64_t elements() const { return elements_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  /// Writable bytes of a tensor made by Tensor(dtype, shape); throws std::logic_error on a view.
  std::span<std::byte> mutable_bytes();
  /// The values of an aligned F32 tensor; throws std::logic_error for another dtype.
  std::span<const float> floats() const;
  std::span<float> mutable_floats();

  /// The same values as F32 (shares the bytes when it is F32 and aligned already).
  Tensor to_f32() const;
  /// Rounded to nearest even; floating dtypes only.
  Tensor to(DType dtype) const;
  /// Same bytes, other shape of equal element count.
  Tensor reshaped(Shape shape) const;

 private:
  DType dtype_ = DType::f32;
  Shape shape_{0};
  int64_t elements_ = 0;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  std::byte* writable_ = nullptr;
};

}  // namespace evax
