// Matrix product on AMX tiles (gemm.h), for the tiles of tiles.h, in bf16 or int8 codes. Included
// once for each instruction set (Highway's toggled include guard).
//
// How it reaches the tiles' speed:
// * A block is 2 x 2 tiles, 32 rows times a panel of 32 columns: one load of a tile per product.
// * Panels outside, rows inside: a panel, or a block of its k, stays in the first-level cache, and
//   x streams past it from the second (loads that do not push the panel out).
// * The sums of a block are stored while the next block begins, each just before its tile starts
//   again, and its epilogue runs row by row between the next block's products.

#if defined(EVAX_ENGINE_KERNELS_AMX_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_AMX_PRODUCT_INL_H_
#undef EVAX_ENGINE_KERNELS_AMX_PRODUCT_INL_H_
#else
#define EVAX_ENGINE_KERNELS_AMX_PRODUCT_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "evax/engine/kernels/activation-inl.h"
#include "evax/engine/kernels/amx/tiles.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/kernels/tile-inl.h"
#include "evax/engine/memory.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

// A panel: [k step][2 tiles][16 pairs (bf16) or fours (int8) of k][16 columns][2 or 4].
constexpr size_t amx_panel = 32;
constexpr size_t amx_step_bytes = 2 * tile_bytes;

/// k of one product of tiles, and how many of them k needs.
template <class T>
constexpr size_t amx_step = tile_row_bytes / sizeof(T);
template <class T>
constexpr size_t amx_steps(size_t k) {
  return (k + amx_step<T> - 1) / amx_step<T>;
}

/// x as tiles read it: whole rows of 16 and whole steps of k. What is missing in the last rows and
/// in the last step is copied and filled with zeros, so that no load leaves the caller's memory and
/// nothing beside x reaches a sum.
template <class T>
class AmxRows {
 public:
  struct Tile {
    const std::byte *steps, *last;  // its first step; its last one
    size_t stride, last_stride;
  };

  AmxRows(const T* x, size_t stride, size_t rows, size_t k, Scratch& scratch)
      : x_(reinterpret_cast<const std::byte*>(x)),
        stride_(stride * sizeof(T)),
        whole_(rows / tile_rows),
        before_last_((amx_steps<T>(k) - 1) * tile_row_bytes),
        last_(k * sizeof(T) - before_last_) {
    const size_t ragged_rows = rows % tile_rows;
    const size_t ragged = last_ < tile_row_bytes ? whole_ * tile_bytes : 0;
    tail_stride_ = before_last_ + tile_row_bytes + (before_last_ / tile_row_bytes % 2) * 64;
    std::byte* const memory =
        scratch.take(ragged + (ragged_rows == 0 ? 0 : tile_rows * tail_stride_));
    lasts_ = ragged == 0 ? nullptr : memory;
    for (size_t row = 0; ragged != 0 && row < whole_ * tile_rows; ++row)
      copy(x_ + row * stride_ + before_last_, last_, memory + row * tile_row_bytes, tile_row_bytes);
    tail_ = memory + ragged;
    for (size_t row = 0; ragged_rows != 0 && row < tile_rows; ++row)
      copy(x_ + (whole_ * tile_rows + row) * stride_, row < ragged_rows ? before_last_ + last_ : 0,
           memory + ragged + row * tail_stride_, before_last_ + tile_row_bytes);
  }

  Tile operator[](size_t tile) const {
    if (tile >= whole_) return {tail_, tail_ + before_last_, tail_stride_, tail_stride_};
    const std::byte* first = x_ + tile * tile_rows * stride_;
    if (lasts_ != nullptr) return {first, lasts_ + tile * tile_bytes, stride_, tile_row_bytes};
    return {first, first + before_last_, stride_, stride_};
  }

 private:
  static void copy(const std::byte* from, size_t count, std::byte* to, size_t size) {
    if (count != 0) std::memcpy(to, from, count);
    std::memset(to + count, 0, size - count);
  }

  const std::byte* x_;
  size_t stride_, whole_, before_last_, last_, tail_stride_;
  const std::byte *lasts_, *tail_;
};

/// Tiles: HardwareTiles or EmulatedTiles; Type: of x and the weights, bf16 of this instruction set
/// or Int8Tiles; Out: of the results that are activations.
template <class Tiles, class Type, class Out = Type>
struct AmxProduct {
  using T = typename Type::T;
  using Call = typename Type::Call;
  using Y = typename Out::T;
  using Sums = hn::DFromV<typename Type::Sum>;
  static constexpr size_t step_k = amx_step<T>;
  static constexpr size_t group = Type::step;  // of k, side by side in a panel

  static constexpr size_t steps_of(size_t k) { return amx_steps<T>(k); }

  template <int C, int A, int B>
  static HWY_INLINE void multiply() {
    if constexpr (std::is_same_v<Sums, Floats>)
      Tiles::template multiply_bf16<C, A, B>();
    else
      Tiles::template multiply_int8<C, A, B>();
  }

  // A block of k of a panel leaves room for what streams past it in the first-level cache (48 KiB).
  static constexpr size_t whole_steps = 16;
  static constexpr size_t block_steps = 12;
  // Inputs of one pass stay in the second-level cache (2 MiB).
  static constexpr size_t max_block_bytes = size_t{1200} * 1024;

  static size_t packed_bytes(size_t columns, size_t k) {
    return columns / amx_panel * steps_of(k) * amx_step_bytes;
  }

  // Where the group of k that holds `k` lies for a column of the first panel.
  static size_t packed_index(size_t k, size_t column) {
    return (k / step_k * 2 + column / 16) * (tile_bytes / sizeof(T)) + k % step_k / group * step_k +
           column % 16 * group;
  }

  // In: F32 or Type.
  template <class In>
  static void pack(const typename In::T* const* weights, size_t columns, size_t k, void* packed) {
    constexpr size_t line = 16;
    auto* out = static_cast<T*>(packed);
    const size_t panel_size = steps_of(k) * amx_step_bytes / sizeof(T);
    for (size_t first = 0; first < columns; first += amx_panel, out += panel_size)
      for (size_t begin = 0; begin < steps_of(k) * step_k; begin += line)
        for (size_t c = 0; c < amx_panel; ++c) {
          const auto* source = weights[first + c];
          const size_t count = source == nullptr || begin >= k ? 0 : std::min(line, k - begin);
          HWY_ALIGN T values[line] = {};
          if constexpr (std::is_same_v<In, Type>) {
            std::copy_n(source + (count == 0 ? 0 : begin), count, values);
          } else {
            for (size_t i = 0; i < count; i += lanes)
              Type::store_first(std::min(lanes, count - i),
                                In::load_first(std::min(lanes, count - i), source + begin + i),
                                values + i);
          }
          for (size_t i = 0; i < line; i += group)
            std::memcpy(out + packed_index(begin + i, c), values + i, group * sizeof(T));
        }
  }

  static void pack_rows(const float* w, size_t stride, size_t columns, size_t k, void* packed) {
    auto* out = static_cast<T*>(packed);
    for (size_t first = 0; first < columns; first += amx_panel)
      for (size_t begin = 0; begin < k; begin += step_k)
        for (size_t c = first; c < first + amx_panel; c += 16)
          for (size_t i = begin; i < begin + step_k; i += 2)
            for (size_t v = 0; v < 16; v += lanes, out += 2 * lanes)
              Type::store_step(
                  [&](size_t next) {
                    return i + next < k ? F32::load(w + (i + next) * stride + c + v)
                                        : hn::Zero(Floats());
                  },
                  out);
  }

  // Epilogues: finish(row, column, 32 sums of this row from this column on).

  template <Epilogue epilogue>
  static HWY_INLINE void finish(const Call& call, size_t row, size_t column,
                                const hn::TFromD<Sums>* sums) {
    const Floats d;
    const auto product = [&](size_t c) {
      return hn::Add(Type::product(call, hn::Load(Sums(), sums + c), row, column + c),
                     hn::LoadU(d, call.bias + column + c));
    };
    if constexpr (epilogue == Epilogue::swiglu) {
      Y* y = static_cast<Y*>(call.y) + row * call.y_stride + column / 2;
      for (size_t c = 0; c < amx_panel / 2; c += lanes)
        Out::store(hn::Mul(silu<Out>(product(c)), product(c + amx_panel / 2)), y + c);
    } else if constexpr (epilogue == Epilogue::store || epilogue == Epilogue::gelu) {
      Y* y = static_cast<Y*>(call.y) + row * call.y_stride + column;
      const auto value = [&](size_t c) {
        if constexpr (epilogue == Epilogue::gelu) return gelu<Out>(product(c));
        return product(c);
      };
      for (size_t c = 0; c < amx_panel; c += 2 * lanes)
        Out::store_two(value(c), value(c + lanes), y + c);
    } else {
      float* y = static_cast<float*>(call.y) + row * call.y_stride + column;
      for (size_t c = 0; c < amx_panel; c += lanes) {
        Vector value = product(c);
        if constexpr (epilogue == Epilogue::add) value = hn::Add(value, F32::load(y + c));
        if constexpr (epilogue == Epilogue::relu) value = hn::Max(value, hn::Zero(d));
        F32::store(value, y + c);
      }
    }
  }

  // A finished block of 2 x 2 tiles whose sums are still in the tiles, or already in `sums`.
  struct Waiting {
    std::array<std::byte*, 4> to{};  // where the tiles belong
    size_t stride = 0;
    size_t tiles = 0;
    size_t row = 0, column = 0, rows = 0;  // the epilogue that is due; rows 0: none
  };

  template <Epilogue epilogue>
  static void run_rows(const Call& call, size_t row_begin, size_t rows) {
    thread_local Scratch row_scratch, sum_scratch;
    const size_t steps = steps_of(call.k);
    const size_t blocks = steps <= whole_steps ? 1 : (steps + block_steps - 1) / block_steps;
    const size_t tiles = (rows + tile_rows - 1) / tile_rows;
    const AmxRows<T> x(static_cast<const T*>(call.x) + row_begin * call.x_stride, call.x_stride,
                       rows, call.k, row_scratch);
    std::byte* const kept_sums = blocks == 1 ? nullptr : sum_scratch.take(tiles * 2 * tile_bytes);
    alignas(64) hn::TFromD<Sums> sums[2 * tile_rows][amx_panel];
    Tiles::fence();

    const auto* weights = static_cast<const std::byte*>(call.weights);
    Waiting waiting;
    const auto store = [&]<int tile>() {
      if (waiting.tiles > tile) Tiles::template store<tile>(waiting.to[tile], waiting.stride);
    };
    for (size_t column = 0; column < call.columns; column += amx_panel) {
      const std::byte* const panel_weights = weights + column / amx_panel * steps * amx_step_bytes;
      for (size_t block = 0; block < blocks; ++block) {
        const size_t first = block * steps / blocks;
        const size_t last = (block + 1) * steps / blocks;
        const bool ends = last == steps;
        const std::byte* const begin = panel_weights + first * amx_step_bytes;
        // What comes next, into the second-level cache: some lines at every step.
        const std::byte* next = panel_weights + last * amx_step_bytes;
        const size_t pairs = (tiles + 1) / 2;
        const size_t lines = (amx_step_bytes / 64 + pairs - 1) / pairs;
        for (size_t tile = 0; tile < tiles; tile += 2) {
          const bool two = tile + 1 < tiles;
          const auto a0 = x[tile];
          const auto a1 = x[two ? tile + 1 : tile];
          std::byte* const kept = blocks == 1 ? nullptr : kept_sums + tile * 2 * tile_bytes;
          const auto start = [&]<int t>() {
            store.template operator()<t>();
            if (block != 0)
              Tiles::template load<t>(kept + t * tile_bytes, tile_row_bytes);
            else
              Tiles::template zero<t>();
          };
          size_t done = 0;
          const size_t between = last - first - 1;
          const size_t each = between == 0 ? waiting.rows : (waiting.rows + between - 1) / between;
          const auto finish_some = [&](size_t count) {
            const size_t end = std::min(waiting.rows, done + count);
            for (; done < end; ++done)
              finish<epilogue>(call, row_begin + waiting.row + done, waiting.column, sums[done]);
          };
          const std::byte* b = begin;
          for (size_t step = first; step < last; ++step, b += amx_step_bytes) {
            const bool is_last = step + 1 == steps;
            const size_t stride0 = is_last ? a0.last_stride : a0.stride;
            Tiles::template stream<4>(is_last ? a0.last : a0.steps + step * tile_row_bytes,
                                      stride0);
            Tiles::template load<6>(b, tile_row_bytes);
            const bool starts = step == first;
            if (starts) start.template operator()<0>();
            multiply<0, 4, 6>();
            Tiles::template load<7>(b + tile_bytes, tile_row_bytes);
            if (starts) start.template operator()<1>();
            multiply<1, 4, 7>();
            if (two) {
              const size_t stride1 = is_last ? a1.last_stride : a1.stride;
              Tiles::template stream<5>(is_last ? a1.last : a1.steps + step * tile_row_bytes,
                                        stride1);
              if (starts) start.template operator()<2>();
              multiply<2, 5, 6>();
              if (starts) start.template operator()<3>();
              multiply<3, 5, 7>();
            } else if (starts) {
              store.template operator()<2>();
              store.template operator()<3>();
            }
            if (!starts) finish_some(each);
            for (size_t i = 0; i < lines; ++i, next += 64) Tiles::prefetch(next);
          }
          finish_some(waiting.rows);
          waiting.tiles = two ? 4 : 2;
          waiting.rows = 0;
          for (size_t t = 0; t < 4; ++t)
            waiting.to[t] = ends ? reinterpret_cast<std::byte*>(
                                       &sums[t / 2 * tile_rows][t % 2 * (amx_panel / 2)])
                                 : kept + t * tile_bytes;
          waiting.stride = ends ? sizeof sums[0] : tile_row_bytes;
          if (ends) {
            waiting.row = tile * tile_rows;
            waiting.column = column;
            waiting.rows = std::min(2 * tile_rows, rows - waiting.row);
          }
        }
      }
    }
    store.template operator()<0>();
    store.template operator()<1>();
    store.template operator()<2>();
    store.template operator()<3>();
    for (size_t row = 0; row < waiting.rows; ++row)
      finish<epilogue>(call, row_begin + waiting.row + row, waiting.column, sums[row]);
  }

  // Rows in blocks of whole tiles.
  template <Epilogue epilogue>
  static void run_all(const Call& call) {
    const size_t row_bytes = steps_of(call.k) * tile_row_bytes;
    const size_t blocks = (call.rows * row_bytes + max_block_bytes - 1) / max_block_bytes;
    const size_t pairs = (call.rows + 2 * tile_rows - 1) / (2 * tile_rows);
    for (size_t block = 0; block < blocks; ++block) {
      const size_t begin = block * pairs / blocks * 2 * tile_rows;
      const size_t end = std::min((block + 1) * pairs / blocks * 2 * tile_rows, call.rows);
      if (begin < end) run_rows<epilogue>(call, begin, end - begin);
    }
  }

  static void run(const Call& call) {
    const typename Tiles::Use use;
    switch (call.epilogue) {
      case Epilogue::store: return run_all<Epilogue::store>(call);
      case Epilogue::add: return run_all<Epilogue::add>(call);
      case Epilogue::gelu: return run_all<Epilogue::gelu>(call);
      case Epilogue::swiglu: return run_all<Epilogue::swiglu>(call);
      case Epilogue::floats: return run_all<Epilogue::floats>(call);
      case Epilogue::relu: return run_all<Epilogue::relu>(call);
    }
  }

  static double burn(size_t steps) {
    const typename Tiles::Use use;
    Tiles::template zero<0>();
    Tiles::template zero<1>();
    Tiles::template zero<2>();
    Tiles::template zero<3>();
    Tiles::template zero<4>();
    Tiles::template zero<6>();
    for (size_t i = 0; i < steps; ++i) {
      multiply<0, 4, 6>();
      multiply<1, 4, 6>();
      multiply<2, 4, 6>();
      multiply<3, 4, 6>();
    }
    return 2.0 * static_cast<double>(4 * steps * tile_rows * 16 * step_k);
  }

  static const Gemm& table(const char* name) {
    static const Gemm gemm{name, amx_panel, packed_bytes, pack<F32>, pack_rows, run, burn};
    return gemm;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
