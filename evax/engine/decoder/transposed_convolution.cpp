#include "evax/engine/decoder/transposed_convolution.h"

namespace evax::engine {

TransposedConvolution::TransposedConvolution(const Taps& taps, kernel::Epilogue epilogue,
                                             const Kernels& kernels, Arena& arena) {
  for (size_t t = 0; t < taps.weights.size(); ++t)
    taps_.push_back(linear_of(taps, t, true, epilogue, kernels, arena));
}

void TransposedConvolution::operator()(const Matrix& x, size_t count, size_t row,
                                       const FeatureMap& y) const {
  for (size_t t = 0; t < taps_.size(); ++t) {
    Matrix every_second = y.window(2 * row + t / 2, t % 2);
    every_second.stride *= 2;
    taps_[t](x, every_second, {0, count});
  }
}

}  // namespace evax::engine
