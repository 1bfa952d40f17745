#pragma once

#include <array>
#include <vector>

#include "evax/engine/decoder/pyramid_convolution.h"
#include "evax/engine/decoder/transposed_convolution.h"
#include "evax/engine/team.h"
#include "evax/weights/config.h"

namespace evax::engine {

/// What one image needs on its way through UperNet. Levels are finest first; activations are what
/// the matrix products read, the rest is float32.
struct UperMemory {
  Arena arena;
  FeatureMap fine;                   // activations: the tokens at twice their grid
  FeatureMap coarse, coarse_inputs;  // the tokens at half their grid, and as activations
  struct Cells {
    Matrix means, inputs, features, outputs;  // inputs and outputs are activations
  };
  std::vector<Cells> cells;           // of each pooling scale
  std::vector<TapProducts> pooled;    // of their outputs
  std::array<FeatureMap, 4> sums;     // along the top-down path
  std::array<FeatureMap, 3> inputs;   // activations: all sums but the last
  std::array<FeatureMap, 4> levels;   // activations: what the last convolution fuses
  std::vector<TapProducts> products;  // of levels[1], levels[2], levels[3]
  FeatureMap logits;                  // at the size of the finest level
};

/// The decoder of a segmentation model: a pyramid of four maps made of the last block's patch
/// tokens, and UPerNet's head (Xiao et al., "Unified perceptual parsing", arXiv 1807.10221; spec
/// D.3, D.4), named and computed as mmsegmentation's. Three things are done in another order with
/// the same result: batch normalisation is part of the weights, a transposed convolution is one
/// with the lateral 1 x 1 convolution behind it, and coarse maps are enlarged behind the products
/// of a 3 x 3 convolution (PyramidConvolution).
class UperNet {
 public:
  UperNet(const Scope& model, const weights::ModelConfig& config, const Kernels& kernels,
          Arena& arena);

  UperMemory make_memory() const;
  /// Scratch memory of each thread.
  size_t scratch_bytes() const;

  /// x: float32 [1 + grid^2, width], output of the last block; y: as many activations, overwritten.
  /// logits: float32 [num_classes, image_size, image_size]. Every member of `team` calls it with
  /// its part of the tokens.
  void operator()(const Matrix& x, const Matrix& y, UperMemory& memory, const Part& part,
                  Team* team, float* logits) const;

 private:
  static constexpr size_t last = 3;  // the coarsest level

  // A thread's own memory, cut out of its scratch.
  struct Scratch {
    Matrix row;  // float32, of the finest level
    float* line;
  };
  Scratch scratch_of(const Part& part) const;
  void to_activations(const Matrix& from, const Matrix& to, size_t pixels, size_t channels) const;

  // Each does one row of its level.
  void refine(const FeatureMap& tokens, UperMemory& memory, size_t row) const;
  void coarsen(const FeatureMap& tokens, UperMemory& memory, size_t row) const;
  void see_context(UperMemory& memory, size_t row, const Scratch& scratch) const;
  void add_coarser(size_t level, UperMemory& memory, size_t row) const;
  void smooth(size_t level, UperMemory& memory, size_t row, const Scratch& scratch) const;
  void prepare_fusion(size_t level, UperMemory& memory, size_t row) const;
  void classify(UperMemory& memory, size_t row, const Scratch& scratch) const;
  void enlarge(const UperMemory& memory, size_t row, const Scratch& scratch, float* logits) const;
  // All scales.
  void pool(UperMemory& memory) const;

  Kernels kernels_;
  size_t grid_, width_, channels_, classes_, image_size_;
  std::array<size_t, 4> sides_;
  TransposedConvolution fine_;                       // fpn1.0 to GELU
  std::array<TransposedConvolution, 2> lateral_up_;  // fpn1.3 and fpn2.0, with lateral_convs.0, 1
  Linear lateral_;                                   // lateral_convs.2
  std::vector<size_t> scales_;
  std::vector<Linear> cells_;  // psp_modules
  PyramidConvolution bottleneck_;
  std::vector<PyramidConvolution> smooth_;              // fpn_convs
  PyramidConvolution fuse_;                             // fpn_bottleneck
  Linear classifier_;                                   // conv_seg, in float32 always
  std::array<std::vector<BilinearSample>, 3> samples_;  // of a level in the next coarser one
  std::vector<BilinearSample> image_samples_;           // of the image in the finest level
};

}  // namespace evax::engine
