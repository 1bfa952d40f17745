// Matrix product on packed panels with its epilogues (gemm.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_GEMM_INL_H_
#undef EVAX_ENGINE_KERNELS_GEMM_INL_H_
#else
#define EVAX_ENGINE_KERNELS_GEMM_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/exp-inl.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/kernels/peak-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Type: F32 or Bf16.
template <class Type>
struct GemmKernel {
  using T = typename Type::T;

  // Inputs of one pass stay in the second-level cache: at most this many bytes, in blocks of at
  // most this many of k. Panels of weights then stream past them.
  static constexpr size_t max_block_bytes = 640 * 1024;
  static constexpr size_t max_block_k = 4096 / sizeof(T);

  static size_t packed_bytes(size_t columns, size_t k) {
    return columns * Type::packed_k(k) * sizeof(T);
  }

  // Panels in order; whole cache lines of the source at a time.
  static void pack(const float* const* weights, size_t columns, size_t k, void* packed) {
    auto* out = static_cast<T*>(packed);
    for (size_t first = 0; first < columns; first += panel, out += panel * Type::packed_k(k))
      for (size_t block = 0; block < Type::packed_k(k); block += 16)
        for (size_t c = 0; c < panel; ++c) {
          const float* source = weights[first + c];
          for (size_t i = block; i < block + 16 && i < Type::packed_k(k); ++i)
            out[Type::packed_index(i, c)] =
                source == nullptr || i >= k ? T{} : Type::from_float(source[i]);
        }
  }

  static void pack_rows(const float* w, size_t stride, size_t columns, size_t k, void* packed) {
    auto* out = static_cast<T*>(packed);
    for (size_t first = 0; first < columns; first += panel, out += panel * Type::packed_k(k))
      for (size_t i = 0; i < Type::packed_k(k); ++i)
        for (size_t c = 0; c < panel; ++c)
          out[Type::packed_index(i, c)] = i < k ? Type::from_float(w[i * stride + first + c]) : T{};
  }

  // y = function(product), in Y's type.
  template <class Y, size_t Rows, class Function>
  static HWY_INLINE void activate(const GemmCall& call, const Tile<Rows>& tile, size_t row,
                                  size_t column, const Function& function) {
    auto* y = static_cast<typename Y::T*>(call.y) + row * call.y_stride + column;
    for (size_t v = 0; v < 2; ++v) {
      const Vector bias = hn::LoadU(Floats(), call.bias + column + v * lanes);
      for (size_t r = 0; r < Rows; ++r)
        Y::store(function(hn::Add(tile.sum[r][v], bias)), y + r * call.y_stride + v * lanes);
    }
  }

  template <size_t Rows>
  static HWY_INLINE void swiglu(const GemmCall& call, const Tile<Rows>& tile, size_t row,
                                size_t column) {
    const Floats d;
    const Vector gate_bias = hn::LoadU(d, call.bias + column);
    const Vector value_bias = hn::LoadU(d, call.bias + column + lanes);
    T* y = static_cast<T*>(call.y) + row * call.y_stride + column / 2;
    for (size_t r = 0; r < Rows; ++r)
      Type::store(
          hn::Mul(silu(d, hn::Add(tile.sum[r][0], gate_bias)), hn::Add(tile.sum[r][1], value_bias)),
          y + r * call.y_stride);
  }

  // Sums of one block of k; the bias comes with the first.
  template <class Y, size_t Rows>
  static HWY_INLINE void store(const GemmCall& call, const Tile<Rows>& tile, size_t row,
                               size_t column, bool first, bool add) {
    const Floats d;
    auto* y = static_cast<typename Y::T*>(call.y) + row * call.y_stride + column;
    for (size_t v = 0; v < 2; ++v) {
      const Vector bias = first ? hn::LoadU(d, call.bias + column + v * lanes) : hn::Zero(d);
      for (size_t r = 0; r < Rows; ++r) {
        auto* out = y + r * call.y_stride + v * lanes;
        Vector value = hn::Add(tile.sum[r][v], bias);
        if (add) value = hn::Add(value, Y::load(out));
        Y::store(value, out);
      }
    }
  }

  static void run_block(const GemmCall& call, size_t row_begin, size_t row_end, size_t k_begin,
                        size_t k_end) {
    const bool first = k_begin == 0;
    for (size_t column = 0; column < call.columns; column += panel) {
      const T* weights =
          static_cast<const T*>(call.weights) + column * Type::packed_k(call.k) + k_begin * panel;
      for_each_tile(row_begin, row_end, [&](size_t row, auto height) {
        constexpr size_t rows = decltype(height)::value;
        const T* x = static_cast<const T*>(call.x) + row * call.x_stride + k_begin;
        const auto tile = multiply<Type, rows>(x, call.x_stride, weights, k_end - k_begin);
        switch (call.epilogue) {
          case Epilogue::store: return store<Type>(call, tile, row, column, first, !first);
          case Epilogue::add: return store<F32>(call, tile, row, column, first, true);
          case Epilogue::gelu:
            return activate<Type>(call, tile, row, column,
                                  [](Vector product) { return gelu(Floats(), product); });
          case Epilogue::swiglu: return swiglu(call, tile, row, column);
          case Epilogue::floats: return store<F32>(call, tile, row, column, first, !first);
          case Epilogue::relu:
            return activate<F32>(call, tile, row, column, [](Vector product) {
              return hn::Max(product, hn::Zero(Floats()));
            });
        }
      });
    }
  }

  static void run(const GemmCall& call) {
    // Only float32 without an activation takes partial sums; the others want k in one piece.
    const bool partial = call.epilogue == Epilogue::add || call.epilogue == Epilogue::floats;
    const size_t k_blocks = partial ? (call.k + max_block_k - 1) / max_block_k : 1;
    const size_t row_blocks = call.rows * call.k * sizeof(T) / k_blocks / max_block_bytes + 1;
    for (size_t b = 0; b < row_blocks; ++b)
      for (size_t kb = 0; kb < k_blocks; ++kb)
        run_block(call, b * call.rows / row_blocks, (b + 1) * call.rows / row_blocks,
                  block_start(call.k, kb, k_blocks), block_start(call.k, kb + 1, k_blocks));
  }

  // Even, because bf16 packs pairs.
  static size_t block_start(size_t k, size_t block, size_t blocks) {
    return block == blocks ? k : block * k / blocks / 2 * 2;
  }

  static const Gemm& table(const char* name) {
    static const Gemm gemm{name, panel, packed_bytes, pack, pack_rows, run, burn<Type>};
    return gemm;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
