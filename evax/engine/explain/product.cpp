#include "evax/engine/explain/product.h"

namespace evax::engine {

Matrix take_matrix(Arena& arena, size_t rows, size_t columns) {
  const size_t stride = padded_stride(columns, sizeof(float));
  return {static_cast<std::byte*>(arena.take(rows * stride * sizeof(float))), stride,
          sizeof(float)};
}

Product::Product(const kernel::Gemm& gemm, size_t columns, size_t inputs, Arena& arena)
    : gemm_(&gemm),
      columns_(columns),
      inputs_(inputs),
      sources_((columns + gemm.panel - 1) / gemm.panel * gemm.panel),
      packed_(arena.take(gemm.packed_bytes(sources_.size(), inputs))),
      bias_(static_cast<const float*>(arena.take(sources_.size() * sizeof(float)))) {}

void Product::pack(const float* w, size_t stride) {
  for (size_t column = 0; column < columns_; ++column) sources_[column] = w + column * stride;
  gemm_->pack(sources_.data(), sources_.size(), inputs_, packed_);
}

void Product::operator()(const float* x, size_t x_stride, float* y, size_t y_stride,
                         size_t rows) const {
  gemm_->run({x, x_stride, packed_, bias_, y, y_stride, rows, sources_.size(), inputs_,
              kernel::Epilogue::store});
}

}  // namespace evax::engine
