#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "evax/core/float16.h"
#include "evax/engine/kernels/kernels.h"

namespace evax::engine::testing {

/// A matrix of activations (float32 or bf16) with rows of `stride` elements, filled from floats.
class Activations {
 public:
  Activations(const Kernels& kernels, size_t rows, size_t columns, size_t stride)
      : element_(kernels.element), rows_(rows), columns_(columns), stride_(stride) {
    bytes_.resize(rows * stride * element_ + 64);
  }
  Activations(const Kernels& kernels, std::span<const float> values, size_t rows, size_t columns,
              size_t stride)
      : Activations(kernels, rows, columns, stride) {
    for (size_t row = 0; row < rows; ++row)
      kernels.from_floats(values.data() + row * columns, at(row), columns);
  }

  void* data() { return bytes_.data(); }
  size_t stride() const { return stride_; }

  /// [rows, columns], dense.
  std::vector<float> floats() const {
    std::vector<float> values;
    for (size_t row = 0; row < rows_; ++row)
      for (size_t column = 0; column < columns_; ++column)
        values.push_back(value(row * stride_ + column));
    return values;
  }

 private:
  void* at(size_t row) { return bytes_.data() + row * stride_ * element_; }
  float value(size_t index) const {
    float real = 0;
    uint16_t half = 0;
    if (element_ == sizeof half) {
      std::memcpy(&half, bytes_.data() + index * sizeof half, sizeof half);
      return bf16_to_float(half);
    }
    std::memcpy(&real, bytes_.data() + index * sizeof real, sizeof real);
    return real;
  }

  size_t element_, rows_, columns_, stride_;
  std::vector<std::byte> bytes_;
};

}  // namespace evax::engine::testing
