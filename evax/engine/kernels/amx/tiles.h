#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "evax/core/float16.h"

namespace evax::engine::kernel {

/// AMX: eight tiles of 16 rows of 64 bytes, multiplied by one instruction (Intel, Instruction Set
/// Extensions Programming Reference, chapter 3). Two doubles of one interface: the processor's
/// tiles and tiles in software, which give the same bits, so that every CPU can test what is
/// written for them. Numbers of tiles are template arguments, strides are bytes.
inline constexpr size_t tile_rows = 16;
inline constexpr size_t tile_row_bytes = 64;
inline constexpr size_t tile_bytes = tile_rows * tile_row_bytes;

#if defined(__x86_64__)

/// Needs has_amx(). Inline assembly: the compiler needs no flag, and g++ 12's intrinsics do not say
/// which memory a load reads, so that stores meant for it may sink below it. Here loads do not say
/// it either (they would keep everything else in memory): fence() is between C++ that writes and a
/// tile that reads.
struct HardwareTiles {
  /// While it lives, this thread's tiles are configured. Releasing them saves the kernel of the
  /// operating system 8 KiB at every switch of threads.
  class Use {
   public:
    Use() {
      static constexpr struct alignas(64) {
        uint8_t palette = 1, start_row = 0;
        std::array<uint8_t, 14> reserved{};
        std::array<uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
        std::array<uint8_t, 16> rows{16, 16, 16, 16, 16, 16, 16, 16};
      } config;
      static_assert(sizeof config == 64);
      asm volatile("ldtilecfg %0" : : "m"(config));
    }
    ~Use() { asm volatile("tilerelease"); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
  };

  static void fence() { asm volatile("" : : : "memory"); }
  template <int T>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(T));
  }
  template <int T>
  static void load(const void* rows, size_t stride) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(T), "r"(rows), "r"(stride));
  }
  /// The same, for rows that need not stay in the first-level cache.
  template <int T>
  static void stream(const void* rows, size_t stride) {
    asm volatile("tileloaddt1 (%1,%2,1), %%tmm%c0" : : "i"(T), "r"(rows), "r"(stride));
  }
  template <int T>
  static void store(void* rows, size_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(T), "r"(rows), "r"(stride) : "memory");
  }
  /// C [16, 16] float32 += A [16, 32] bf16 times B: 16 pairs of rows, [pair][column][2].
  template <int C, int A, int B>
  static void multiply_bf16() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
  /// C [16, 16] int32 += A [16, 64] int8 times B: 16 fours of rows, [four][column][4].
  template <int C, int A, int B>
  static void multiply_int8() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
  static void prefetch(const void* line) {
    asm volatile("prefetcht1 %0" : : "m"(*static_cast<const char*>(line)));
  }
};

#endif

/// Bits of the processor's: sums of even and of odd k apart, each from zero in one fused
/// multiply-add after the other, then added to C; denormal numbers count as zero and become zero.
struct EmulatedTiles {
  class Use {
   public:
    Use() {}  // user-provided: a variable of this type is not unused
  };

  static void fence() {}
  template <int T>
  static void zero() {
    tiles[T] = {};
  }
  template <int T>
  static void load(const void* rows, size_t stride) {
    for (size_t r = 0; r < tile_rows; ++r)
      std::memcpy(tiles[T].data() + r * tile_row_bytes,
                  static_cast<const std::byte*>(rows) + r * stride, tile_row_bytes);
  }
  template <int T>
  static void stream(const void* rows, size_t stride) {
    load<T>(rows, stride);
  }
  template <int T>
  static void store(void* rows, size_t stride) {
    for (size_t r = 0; r < tile_rows; ++r)
      std::memcpy(static_cast<std::byte*>(rows) + r * stride, tiles[T].data() + r * tile_row_bytes,
                  tile_row_bytes);
  }
  template <int C, int A, int B>
  static void multiply_bf16() {
    multiply_bf16(tiles[C], tiles[A], tiles[B]);
  }
  template <int C, int A, int B>
  static void multiply_int8() {
    multiply_int8(tiles[C], tiles[A], tiles[B]);
  }
  static void prefetch(const void* /*line*/) {}

 private:
  using Tile = std::array<std::byte, tile_bytes>;
  static inline thread_local std::array<Tile, 8> tiles;

  static float flushed(float x) {
    const auto bits = std::bit_cast<uint32_t>(x);
    return (bits & 0x7F800000U) == 0 ? std::bit_cast<float>(bits & 0x80000000U) : x;
  }
  static float widened(const Tile& tile, size_t index) {
    uint16_t half = 0;
    std::memcpy(&half, tile.data() + index * sizeof half, sizeof half);
    return flushed(bf16_to_float(half));
  }
  static void multiply_int8(Tile& c, const Tile& a, const Tile& b) {
    for (size_t m = 0; m < 16; ++m)
      for (size_t n = 0; n < 16; ++n) {
        int32_t sum = 0;
        std::byte* const at = c.data() + (m * 16 + n) * sizeof sum;
        std::memcpy(&sum, at, sizeof sum);
        for (size_t k = 0; k < 64; ++k)
          sum += static_cast<int8_t>(a[m * 64 + k]) *
                 static_cast<int8_t>(b[(k / 4 * 16 + n) * 4 + k % 4]);
        std::memcpy(at, &sum, sizeof sum);
      }
  }
  static void multiply_bf16(Tile& c, const Tile& a, const Tile& b) {
    std::array<float, 512> x, w;
    for (size_t i = 0; i < 512; ++i) {
      x[i] = widened(a, i);
      w[i] = widened(b, i);
    }
    for (size_t m = 0; m < 16; ++m)
      for (size_t n = 0; n < 16; ++n) {
        float even = 0, odd = 0, sum = 0;
        for (size_t k = 0; k < 16; ++k) {
          even = flushed(std::fma(x[m * 32 + 2 * k], w[k * 32 + 2 * n], even));
          odd = flushed(std::fma(x[m * 32 + 2 * k + 1], w[k * 32 + 2 * n + 1], odd));
        }
        std::byte* const at = c.data() + (m * 16 + n) * sizeof sum;
        std::memcpy(&sum, at, sizeof sum);
        sum = flushed(flushed(sum) + flushed(even + odd));
        std::memcpy(at, &sum, sizeof sum);
      }
  }
};

}  // namespace evax::engine::kernel
