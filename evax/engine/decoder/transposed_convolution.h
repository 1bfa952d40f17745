#pragma once

#include "evax/engine/decoder/feature_map.h"
#include "evax/engine/decoder/taps.h"

namespace evax::engine {

/// A transposed convolution with kernel and stride 2: each pixel becomes four, each its own matrix
/// product.
class TransposedConvolution {
 public:
  TransposedConvolution(const Taps& taps, kernel::Epilogue epilogue, const Kernels& kernels,
                        Arena& arena);

  /// A row of `count` pixels becomes two rows of y.
  void operator()(const Matrix& x, size_t count, size_t row, const FeatureMap& y) const;
  size_t outputs() const { return taps_.front().outputs(); }

 private:
  std::vector<Linear> taps_;
};

}  // namespace evax::engine
