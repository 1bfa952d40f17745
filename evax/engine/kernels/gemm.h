#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// What happens to a product x Wᵀ + b on its way out of the registers.
enum class Epilogue {
  store,   // y = product, in the activations' type
  add,     // y += product, float32: the residual stream
  gelu,    // y = gelu(product), in the activations' type
  swiglu,  // y = silu(gate) * value, in the activations' type; see Gemm::pack
  floats,  // y = product, float32
  relu,    // y = max(product, 0), float32
};

/// One product. Strides count elements; y has room for whole panels of columns.
struct GemmCall {
  const void* x;  // [rows, k] activations
  size_t x_stride;
  const void* weights;  // packed
  const float* bias;    // one per packed column
  void* y;              // [rows, columns], or half the columns for swiglu
  size_t y_stride;
  size_t rows, columns, k;  // columns: a multiple of `panel`
  Epilogue epilogue;
};

/// A matrix product with weights packed once, for one type of activations and one instruction set.
/// A value does not depend, bit for bit, on the other rows of the call: rows may be split at will.
struct Gemm {
  const char* name;
  size_t panel;  // columns packed together
  /// Bytes of `columns` (a multiple of `panel`) packed columns.
  size_t (*packed_bytes)(size_t columns, size_t k);
  /// weights[c] points to the k weights of packed column c; null is a column of zeros. For swiglu
  /// the first half of every panel holds gates and the second half the values they multiply.
  void (*pack)(const float* const* weights, size_t columns, size_t k, void* packed);
  /// The same for x w: row i of w, `stride` floats after the one before, holds the weights that
  /// number i of k has in every column. Null for int8.
  void (*pack_rows)(const float* w, size_t stride, size_t columns, size_t k, void* packed);
  void (*run)(const GemmCall& call);
  /// Does `steps` rounds of the product's multiply-adds in registers alone; returns how many
  /// operations that were. Its speed is the most that run() could reach.
  double (*burn)(size_t steps);
};

/// Highway, float32, every instruction set.
const Gemm& gemm_f32();
/// Intrinsics, bfloat16 activations and weights, float32 sums. Needs has_bf16().
const Gemm& gemm_bf16();
/// The same on AMX tiles. Needs has_amx().
const Gemm& gemm_amx();

// Weights in 8 bits with a scale for each column, made of float32 weights by pack() (core/int8.h);
// activations rounded to 8 bits within run(), each row with a scale of its own; integer sums,
// float32 epilogues. For activations in float32 all give the same bits.
/// Highway, every instruction set.
const Gemm& gemm_int8();
/// Need has_avx_vnni(), has_avx512_vnni() and has_amx().
const Gemm& gemm_int8_avx_vnni();
const Gemm& gemm_int8_vnni();
const Gemm& gemm_int8_amx();
/// For activations in bf16; need has_bf16() and has_avx512_vnni(), and has_amx().
const Gemm& gemm_int8_vnni_bf16();
const Gemm& gemm_int8_amx_bf16();

/// Rounds to nearest, ties to even.
void bf16_from_floats(const float* x, void* y, size_t count);

}  // namespace evax::engine::kernel
