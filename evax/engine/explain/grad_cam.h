#pragma once

#include <span>

#include "evax/engine/explain/attention_gradient.h"
#include "evax/engine/explain/mlp_gradient.h"
#include "evax/engine/explain/share.h"
#include "evax/engine/model.h"

namespace evax::engine {

/// What GradCam needs of a model file: the last block, the final norm and the head. The tensors
/// share their bytes with the file's.
weights::ModelFile last_layers(const weights::ModelFile& file);

/// Grad-CAM (Selvaraju et al., arXiv 1610.02391) at norm1 of the last block, where the original
/// looks (spec E): the last block once more, in float32 whatever the precision of those before, and
/// the gradient of a logit written out by hand. Immutable once built.
///
/// Behind the last attention every step is row by row, so the gradient at the block's output is the
/// same row for every patch (mean pooling) or one row at the cls token. The weights of the map are
/// a mean over patches: (mean dq) Wq + (mean dk) Wk + (mean dv) Wv, products of one row.
class GradCam {
 public:
  explicit GradCam(const weights::ModelFile& last_layers);

  /// What one image needs on its way.
  struct Memory {
    explicit Memory(const GradCam& cam);
    Workspace workspace;
    AttentionGradient attention;
    Arena arena;
    MlpGradient::Memory mlp;
    Matrix activations;            // [tokens, width]: norm1's output, A
    Matrix d_stream, d_attention;  // [tokens, width]: gradients behind and before proj
    Matrix sums;                   // [tokens, 3 width]: see AttentionGradient
    std::vector<float> means;      // of them, over the patches
    Matrix pooled, features, d_pooled, weights;  // [1, width]
    Matrix hidden, d_hidden;                     // [1, mlp_hidden]: pooled, and its gradient
    Matrix logits;
  };
  using Scratch = AttentionGradient::Scratch;

  /// x: the last block's input, float32 [tokens, width]. Every member of the team calls it with its
  /// share; the results are one image's.
  void operator()(const Matrix& x, Memory& memory, const Scratch& scratch, const Share& share,
                  std::span<const int> classes, const CamOutputs& outputs) const;

 private:
  // One after the other; the members wait for each other in between.
  void begin(const Matrix& x, Memory& memory, Rows rows) const;
  void finish(Memory& memory, const Scratch& scratch, Rows rows) const;
  void classify(Memory& memory) const;
  void start_class(Memory& memory, size_t index) const;
  void propagate(Memory& memory, const Scratch& scratch, Rows rows) const;
  void write_map(Memory& memory, float* raw, float* weights) const;

  // The part of `rows` that reaches the head, and so has a gradient behind the attention.
  Rows pooled(Rows rows) const;

  weights::ModelConfig config_;
  size_t tokens_, width_, hidden_;
  Kernels kernels_;
  Arena arena_;
  RotaryEmbedding rope_;
  LayerNorm norm1_;
  Attention attention_;
  LayerNorm norm2_;
  MlpGradient mlp_;
  Columns qkv_, fc2_, head_;  // as they are in the file
  Linear proj_back_, to_stream_, to_logits_;
  LayerNorm final_norm_;
};

}  // namespace evax::engine
