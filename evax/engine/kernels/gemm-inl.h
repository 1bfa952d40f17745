// Matrix product on packed panels with its epilogues (gemm.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_GEMM_INL_H_
#undef EVAX_ENGINE_KERNELS_GEMM_INL_H_
#else
#define EVAX_ENGINE_KERNELS_GEMM_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "evax/engine/kernels/activation-inl.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/kernels/peak-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Type: of x and the weights, F32, Bf16 or one of int8/; Out: of the results that are activations.
template <class Type, class Out = Type>
struct GemmKernel {
  using T = typename Type::T;
  using Call = typename Type::Call;
  using Sum = typename Type::Sum;
  using Waiting = hn::TFromD<hn::DFromV<Sum>>;  // a number of a sum of earlier blocks of k

  // With 16 registers every vector of weights serves six multiply-adds at most, and streaming
  // weights from the second-level cache costs a tenth of the time: a block of k is what half of the
  // first-level cache holds of a panel, and the next one is fetched meanwhile. With 32 registers
  // the second level keeps up, and longer blocks save sums.
  static constexpr bool fetches_ahead = max_rows == 6;
  static constexpr size_t max_block_k =
      fetches_ahead ? size_t{16} * 1024 / sizeof(T) / panel : 4096 / sizeof(T);
  // Inputs of one pass stay in the second-level cache: at most this many bytes.
  static constexpr size_t max_block_bytes = size_t{640} * 1024;
  // So do sums that wait for the next block of k: at most this many rows and columns of them.
  static constexpr size_t max_waiting_rows = size_t{22} * 12;
  static constexpr size_t max_waiting_columns = 128;

  static constexpr size_t line = 16;  // floats

  static size_t packed_bytes(size_t columns, size_t k) {
    return columns * Type::packed_k(k) * sizeof(T);
  }

  // Panels in order; whole cache lines of the source at a time. In: F32 or Type.
  template <class In>
  static void pack(const typename In::T* const* weights, size_t columns, size_t k, void* packed) {
    auto* out = static_cast<T*>(packed);
    for (size_t first = 0; first < columns; first += panel, out += panel * Type::packed_k(k))
      for (size_t begin = 0; begin < k; begin += line)
        for (size_t c = 0; c < panel; ++c) {
          const typename In::T* source = weights[first + c];
          const size_t count = source == nullptr ? 0 : std::min(line, k - begin);
          HWY_ALIGN T values[line];
          round<In>(source + (count == 0 ? 0 : begin), count, values);
          for (size_t i = 0; i < line && begin + i < k; i += Type::step)
            std::memcpy(out + Type::packed_index(begin + i, c), values + i, Type::step * sizeof(T));
        }
  }

  // The first `count` of a line of activations, and zeros.
  template <class In>
  static HWY_INLINE void round(const typename In::T* x, size_t count, T* values) {
    if constexpr (std::is_same_v<In, Type>) {
      std::copy_n(x, count, values);
      std::fill(values + count, values + line, T{});
    } else if (count == line) {
      for (size_t i = 0; i < line; i += lanes) Type::store(In::load(x + i), values + i);
    } else {
      for (size_t i = 0; i < line; ++i)
        Type::store_first(1, i < count ? In::load_first(1, x + i) : hn::Zero(Floats()), values + i);
    }
  }

  template <class In>
  static void pack_rows(const typename In::T* w, size_t stride, size_t columns, size_t k,
                        void* packed) {
    auto* out = static_cast<T*>(packed);
    for (size_t column = 0; column < columns; column += panel)
      for (size_t i = 0; i < k; i += Type::step)
        for (size_t v = 0; v < 2; ++v, out += Type::step * lanes) {
          const typename In::T* first = w + i * stride + column + v * lanes;
          Type::store_step(
              [&](size_t next) {
                return i + next < k ? In::load(first + next * stride) : hn::Zero(Floats());
              },
              out);
        }
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
    using Y = typename Out::T;
    const Vector gate_bias = hn::LoadU(d, call.bias + column);
    const Vector value_bias = hn::LoadU(d, call.bias + column + lanes);
    Y* y = static_cast<Y*>(call.y) + row * call.y_stride + column / 2;
    for (size_t r = 0; r < Rows; ++r)
      Out::store(hn::Mul(silu<Out>(hn::Add(tile.sum[r][0], gate_bias)),
                         hn::Add(tile.sum[r][1], value_bias)),
                 y + r * call.y_stride);
  }

  template <size_t Rows>
  static HWY_INLINE void add(const GemmCall& call, const Tile<Rows>& tile, size_t row,
                             size_t column) {
    const Floats d;
    auto* y = static_cast<float*>(call.y) + row * call.y_stride + column;
    for (size_t v = 0; v < 2; ++v) {
      const Vector bias = hn::LoadU(d, call.bias + column + v * lanes);
      for (size_t r = 0; r < Rows; ++r) {
        float* out = y + r * call.y_stride + v * lanes;
        F32::store(hn::Add(hn::Add(tile.sum[r][v], bias), F32::load(out)), out);
      }
    }
  }

  template <size_t Rows>
  static HWY_INLINE Tile<Rows> products(const Call& call, const Tile<Rows, Sum>& sums, size_t row,
                                        size_t column) {
    Tile<Rows> tile;
    for (size_t v = 0; v < 2; ++v)
      for (size_t r = 0; r < Rows; ++r)
        tile.sum[r][v] = Type::product(call, sums.sum[r][v], row + r, column + v * lanes);
    return tile;
  }

  template <size_t Rows>
  static HWY_INLINE void finish(const Call& call, const Tile<Rows, Sum>& sums, size_t row,
                                size_t column) {
    const Tile<Rows> tile = products(call, sums, row, column);
    const auto identity = [](Vector product) { return product; };
    switch (call.epilogue) {
      case Epilogue::store: return activate<Out>(call, tile, row, column, identity);
      case Epilogue::add: return add(call, tile, row, column);
      case Epilogue::gelu:
        return activate<Out>(call, tile, row, column,
                             [](Vector product) { return gelu<Out>(product); });
      case Epilogue::swiglu: return swiglu(call, tile, row, column);
      case Epilogue::floats: return activate<F32>(call, tile, row, column, identity);
      case Epilogue::relu:
        return activate<F32>(call, tile, row, column,
                             [](Vector product) { return hn::Max(product, hn::Zero(Floats())); });
    }
  }

  // Sums of earlier blocks of k, tile after tile as the passes come to them.
  template <size_t Rows>
  static HWY_INLINE void resume(Tile<Rows, Sum>& tile, const Waiting* waiting) {
    for (size_t r = 0; r < Rows; ++r)
      for (size_t v = 0; v < 2; ++v)
        tile.sum[r][v] =
            hn::Add(tile.sum[r][v], hn::Load(hn::DFromV<Sum>(), waiting + (2 * r + v) * lanes));
  }
  template <size_t Rows>
  static HWY_INLINE void keep(const Tile<Rows, Sum>& tile, Waiting* waiting) {
    for (size_t r = 0; r < Rows; ++r)
      for (size_t v = 0; v < 2; ++v)
        hn::Store(tile.sum[r][v], hn::DFromV<Sum>(), waiting + (2 * r + v) * lanes);
  }

  // Brings memory into the first-level cache, some lines a tile.
  class Ahead {
   public:
    Ahead(const T* begin, size_t bytes, size_t tiles)
        : next_(reinterpret_cast<const char*>(begin)), lines_((bytes / 64 + tiles - 1) / tiles) {}
    HWY_INLINE void fetch() {
      for (size_t i = 0; i < lines_; ++i, next_ += 64) hwy::Prefetch(next_);
    }

   private:
    const char* next_;
    size_t lines_;
  };

  // Before the product: while it lasts, the lines come that its stores would wait for.
  template <size_t Rows>
  static HWY_INLINE void fetch_output(const GemmCall& call, size_t row, size_t column) {
    const size_t element = writes_floats(call.epilogue) ? sizeof(float) : sizeof(typename Out::T);
    const size_t part = call.epilogue == Epilogue::swiglu ? 2 : 1;
    const auto* y =
        static_cast<const char*>(call.y) + (row * call.y_stride + column / part) * element;
    for (size_t r = 0; r < Rows; ++r)
      for (size_t i = 0; i < panel / part * element; i += 64)
        hwy::Prefetch(y + r * call.y_stride * element + i);
  }

  static bool writes_floats(Epilogue epilogue) {
    return epilogue == Epilogue::add || epilogue == Epilogue::floats || epilogue == Epilogue::relu;
  }

  struct Block {
    size_t k, size;
    bool first, last;
  };

  // In whole steps.
  static Block block_of(size_t k, size_t index, size_t count) {
    constexpr size_t step = std::max<size_t>(Type::step, 2);
    const size_t begin = index * k / count / step * step;
    const size_t end = index + 1 == count ? k : (index + 1) * k / count / step * step;
    return {begin, end - begin, index == 0, index + 1 == count};
  }

  static const T* weights_at(const Call& call, size_t column, size_t k) {
    return static_cast<const T*>(call.weights) + column * Type::packed_k(call.k) + k * panel;
  }

  // One panel for a block of k and all rows; returns where the next panel's sums wait.
  static Waiting* run_panel(const Call& call, size_t row_begin, size_t row_end, size_t column,
                            const Block& block, const T* next_weights, Waiting* waiting) {
    const T* weights = weights_at(call, column, block.k);
    Ahead ahead(next_weights, block.size * panel * sizeof(T), tile_count(row_end - row_begin));
    for_each_tile(row_begin, row_end, [&](size_t row, auto height) {
      constexpr size_t rows = decltype(height)::value;
      if constexpr (fetches_ahead) ahead.fetch();
      if (block.last) fetch_output<rows>(call, row, column);
      const T* x = static_cast<const T*>(call.x) + row * call.x_stride + block.k;
      auto tile = multiply<Type, rows>(x, call.x_stride, weights, block.size);
      if (!block.first) resume(tile, waiting);
      if (block.last)
        finish(call, tile, row, column);
      else
        keep(tile, waiting);
      waiting += rows * panel;
    });
    return waiting;
  }

  static void run_rows(const Call& call, size_t row_begin, size_t row_end) {
    HWY_ALIGN Waiting waiting[max_waiting_rows * max_waiting_columns];
    const size_t blocks = (call.k + max_block_k - 1) / max_block_k;
    for (size_t begin = 0; begin < call.columns; begin += max_waiting_columns) {
      const size_t end = std::min(begin + max_waiting_columns, call.columns);
      for (size_t index = 0; index < blocks; ++index) {
        const Block block = block_of(call.k, index, blocks);
        Waiting* sums = waiting;
        for (size_t column = begin; column < end; column += panel) {
          const T* next = column + panel < end ? weights_at(call, column + panel, block.k)
                          : !block.last        ? weights_at(call, begin, block.k + block.size)
                                               : weights_at(call, end < call.columns ? end : 0, 0);
          sums = run_panel(call, row_begin, row_end, column, block, next, sums);
        }
      }
    }
  }

  // Rows in blocks of whole tiles.
  static void run(const Call& call) {
    const size_t fitting =
        call.k > max_block_k ? max_waiting_rows : max_block_bytes / (call.k * sizeof(T)) + 1;
    const size_t blocks = (call.rows + fitting - 1) / fitting;
    const size_t tiles = tile_count(call.rows);
    for (size_t block = 0; block < blocks; ++block)
      run_rows(call, block * tiles / blocks * max_rows,
               std::min((block + 1) * tiles / blocks * max_rows, call.rows));
  }

  static double burn(size_t steps) { return burn_registers<Type>(steps); }

  static const Gemm& table(const char* name) {
    static const Gemm gemm{name, panel, packed_bytes, pack<F32>, pack_rows<F32>, run, burn};
    return gemm;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
