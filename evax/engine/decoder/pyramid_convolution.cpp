#include "evax/engine/decoder/pyramid_convolution.h"

#include <algorithm>

namespace evax::engine {
namespace {

constexpr size_t kernel_side = 3;

}  // namespace

PyramidConvolution::PyramidConvolution(const Taps& taps, const std::vector<MapShape>& maps,
                                       const Kernels& kernels, Arena& arena)
    : map_(kernels.map), side_(maps.front().side) {
  int64_t channel = 0;
  for (size_t m = 0; m < maps.size(); ++m) {
    const Taps own = inputs_of(taps, channel, static_cast<int64_t>(maps[m].channels));
    channel += static_cast<int64_t>(maps[m].channels);
    std::vector<Linear> linears;
    for (size_t t = 0; t < own.weights.size(); ++t) {
      const bool begins = m > 0 || t == 0;  // rather than adds to what is there
      linears.push_back(linear_of(own, t, m == 0 && t == 0,
                                  begins ? kernel::Epilogue::floats : kernel::Epilogue::add,
                                  kernels, arena));
    }
    if (m == 0)
      taps_ = std::move(linears);
    else
      coarse_.push_back({maps[m].side, std::move(linears), bilinear_samples(maps[m].side, side_)});
  }
  outputs_ = static_cast<size_t>(taps.outputs());
  stride_ = padded_stride(taps_.front().outputs(), sizeof(float));
}

std::vector<TapProducts> PyramidConvolution::make_products(Arena& arena) const {
  std::vector<TapProducts> products;
  for (const Coarse& coarse : coarse_) {
    TapProducts& own = products.emplace_back();
    for (FeatureMap& tap : own.taps)
      tap = make_map(arena, coarse.side, taps_.front().outputs(), sizeof(float));
  }
  return products;
}

size_t PyramidConvolution::line_size() const {
  size_t side = 0;
  for (const Coarse& coarse : coarse_) side = std::max(side, coarse.side);
  return side * stride_;
}

void PyramidConvolution::multiply(size_t coarse, const Matrix& x, const TapProducts& products,
                                  Rows pixels) const {
  for (size_t t = 0; t < products.taps.size(); ++t)
    coarse_[coarse].taps[t](x, products.taps[t].pixels, pixels);
}

void PyramidConvolution::operator()(const FeatureMap& finest, std::span<const TapProducts> products,
                                    size_t row, const Matrix& y, float* line) const {
  for (size_t t = 0; t < taps_.size(); ++t)
    taps_[t](finest.window(row + t / kernel_side, t % kernel_side), y, {0, side_});
  for (size_t c = 0; c < coarse_.size(); ++c) add_enlarged(coarse_[c], products[c], row, y, line);
  map_->relu(static_cast<float*>(y.row(0)), row_size());
}

// Rows first: the three taps of a column of the kernel shift by the same number of pixels and share
// the interpolation along the row.
void PyramidConvolution::add_enlarged(const Coarse& coarse, const TapProducts& products, size_t row,
                                      const Matrix& y, float* line) const {
  for (size_t dx = 0; dx < kernel_side; ++dx) {
    std::fill_n(line, coarse.side * stride_, 0.0F);
    for (size_t dy = 0; dy < kernel_side; ++dy) {
      if (row + dy < 1 || row + dy > side_) continue;  // the border
      const BilinearSample& sample = coarse.samples[row + dy - 1];
      const FeatureMap& tap = products.taps[dy * kernel_side + dx];
      map_->blend(static_cast<const float*>(tap.row(sample.low).row(0)), sample.low_weight,
                  static_cast<const float*>(tap.row(sample.high).row(0)), sample.high_weight, line,
                  coarse.side * stride_);
    }
    for (size_t x = dx == 0 ? 1 : 0; x < side_ && x + dx <= side_; ++x) {
      const BilinearSample& sample = coarse.samples[x + dx - 1];
      map_->blend(line + sample.low * stride_, sample.low_weight, line + sample.high * stride_,
                  sample.high_weight, static_cast<float*>(y.row(x)), outputs_);
    }
  }
}

}  // namespace evax::engine
