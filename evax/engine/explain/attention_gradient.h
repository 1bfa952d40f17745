#pragma once

#include <vector>

#include "evax/engine/explain/product.h"
#include "evax/engine/layers/attention.h"

namespace evax::engine {

/// The gradient of self-attention, as far as Grad-CAM needs it: not at every query, key and value,
/// but its sum over the patch tokens, float32. One for each image at work.
///
/// With P = softmax(q kᵀ / 8), o = P v and the gradient do: dP = do vᵀ, dS = P (dP - sum(P dP)) / 8
/// row by row, dq = dS k, dk = dSᵀ q, dv = Pᵀ do. Queries and keys are rotated, and the sum before
/// the rotation is needed, so every row of dq and dk is turned back before it is summed. Summed
/// over the tokens j, dSᵀ q and Pᵀ do need no product that large: turned back by the angles t_j,
/// the keys' gradients sum to q_i turned by (dS cos t, dS sin t)_i over the rows i, and the values'
/// to (1 - P_i0) do_i, because rows of P sum to 1.
class AttentionGradient {
 public:
  AttentionGradient(const weights::ModelConfig& config, const Kernels& kernels,
                    const RotaryEmbedding& rope);

  /// Packs a head of `qkv` (after Attention::project()); all heads, before backward().
  void prepare(const Matrix& qkv, size_t head);

  /// One thread's room to work in.
  struct Scratch {
    explicit Scratch(const AttentionGradient& gradient);
    Arena arena;
    Matrix weights, slopes;  // [rows, tokens]: P; dP and dS
    Matrix queries, turns;   // [rows, 64]: dq; (dS cos t, dS sin t)
    void* attention;         // Part::scratch
  };

  /// Row i of `sums`, [tokens, 3 width], becomes what row i of the gradient d_out, [tokens, width],
  /// gives to the sums over the patch tokens of the gradients at queries, keys and values.
  void backward(const Attention& attention, Workspace& workspace, const Matrix& d_out, Rows rows,
                const Scratch& scratch, const Matrix& sums) const;

 private:
  void backward(size_t head, const Matrix& qkv, const Matrix& d_out, Rows rows,
                const Scratch& scratch, const Matrix& sums) const;

  const Kernels kernels_;
  const RotaryEmbedding& rope_;
  size_t tokens_, heads_;
  Arena arena_;
  Matrix transposed_;            // [heads * 64, tokens]: the keys
  std::vector<Product> values_;  // by head: do vᵀ
  std::vector<Product> keys_;    // by head: dS k
  Product turns_;                // dS (cos t, sin t)
};

}  // namespace evax::engine
