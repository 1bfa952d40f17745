#pragma once

#include <array>
#include <span>

#include "evax/engine/decoder/bilinear.h"
#include "evax/engine/decoder/feature_map.h"
#include "evax/engine/decoder/taps.h"

namespace evax::engine {

/// What one map adds to each of the nine taps, at the map's own size.
struct TapProducts {
  std::array<FeatureMap, 9> taps;  // float32 [side^2, outputs]
};

/// A map that a convolution reads.
struct MapShape {
  size_t channels, side;
};

/// A 3 x 3 convolution with padding 1, batch normalisation and ReLU of several maps, the coarser
/// ones enlarged to the finest by bilinear interpolation:
///   relu(bn(conv(cat(maps[0], enlarged(maps[1]), ...)))).
/// A tap is linear in each pixel, as the interpolation is: a coarse map goes through the matrix
/// products at its own size and what they give is enlarged, with a quarter of the arithmetic or
/// less. One map alone makes it a plain convolution.
class PyramidConvolution {
 public:
  /// `taps` reads the channels of all maps, finest first.
  PyramidConvolution(const Taps& taps, const std::vector<MapShape>& maps, const Kernels& kernels,
                     Arena& arena);

  size_t outputs() const { return outputs_; }
  /// Room for the products of maps[1], maps[2], ...
  std::vector<TapProducts> make_products(Arena& arena) const;
  /// Floats that operator() needs for itself.
  size_t line_size() const;

  /// The products of some pixels of maps[1 + coarse], which x holds as activations.
  void multiply(size_t coarse, const Matrix& x, const TapProducts& products, Rows pixels) const;
  /// Writes a row of the result, float32 [side, outputs], with the stride of the products; finest
  /// has a border.
  void operator()(const FeatureMap& finest, std::span<const TapProducts> products, size_t row,
                  const Matrix& y, float* line) const;

  /// A row of the result in that memory, and how many floats it takes.
  Matrix row_in(std::byte* memory) const { return {memory, stride_, sizeof(float)}; }
  size_t row_size() const { return side_ * stride_; }

 private:
  struct Coarse {
    size_t side;
    std::vector<Linear> taps;
    std::vector<BilinearSample> samples;  // of the finest map's coordinates
  };
  void add_enlarged(const Coarse& coarse, const TapProducts& products, size_t row, const Matrix& y,
                    float* line) const;

  const kernel::MapKernel* map_;
  size_t side_, outputs_, stride_;
  std::vector<Linear> taps_;
  std::vector<Coarse> coarse_;
};

}  // namespace evax::engine
