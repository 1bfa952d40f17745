#pragma once

#include <vector>

#include "evax/engine/kernels/gemm.h"
#include "evax/engine/workspace.h"

namespace evax::engine {

/// A float32 matrix in the arena, rows on different cache sets.
Matrix take_matrix(Arena& arena, size_t rows, size_t columns);

inline float* floats(const Matrix& matrix, size_t row) {
  return static_cast<float*>(matrix.row(row));
}

/// x Wᵀ in float32 where W, unlike a layer's weights, depends on the image.
class Product {
 public:
  /// W: [columns, inputs].
  Product(const kernel::Gemm& gemm, size_t columns, size_t inputs, Arena& arena);

  /// Rows of W lie `stride` floats apart.
  void pack(const float* w, size_t stride);
  /// x: [rows, inputs]; y: [rows, outputs()].
  void operator()(const float* x, size_t x_stride, float* y, size_t y_stride, size_t rows) const;

  /// Columns written: with the padding to whole panels.
  size_t outputs() const { return sources_.size(); }

 private:
  const kernel::Gemm* gemm_;
  size_t columns_, inputs_;
  std::vector<const float*> sources_;
  void* packed_;
  const float* bias_;  // zeros
};

}  // namespace evax::engine
