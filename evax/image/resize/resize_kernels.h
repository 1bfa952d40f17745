#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace evax::image {

/// The window of input samples that one output sample is made of.
struct Window {
  size_t first;    // input sample
  size_t weights;  // index of the weight of `first`; the others follow
  size_t count;
};

/// Pillow's fixed point: 8 bits of result, 2 bits against overflow, the rest for the weights.
inline constexpr int weight_bits = 32 - 8 - 2;

/// Vector code that mixes rows of bytes: row `y` of the result is clamp(round(sum_k weights[k] *
/// row(windows[y].first + k) / 2^weight_bits)) to 0..255. Rows of `bytes` bytes are `in_step` and
/// `out_step` bytes apart. The windows are those of one axis; `planes` interleaved rows (the
/// channels of the other axis) share each window: row r of the axis is the rows r * planes ... r *
/// planes + planes - 1 of memory. Integer arithmetic: every instruction set gives the same bytes.
void mix_rows(const uint8_t* in, size_t in_step, std::span<const Window> windows,
              const int32_t* weights, size_t planes, size_t bytes, uint8_t* out, size_t out_step);

/// out[x * out_step + y] = in[y * in_step + x] for a block of `rows` x `columns` bytes.
void transpose(const uint8_t* in, size_t in_step, size_t rows, size_t columns, uint8_t* out,
               size_t out_step);

}  // namespace evax::image
