#include "evax/engine/layers/linear.h"

#include <algorithm>
#include <numeric>

namespace evax::engine {
namespace {

size_t round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Half a panel of gates, then the half panel of values that they multiply; `columns` past the last.
std::vector<size_t> interleaved(size_t columns, size_t panel) {
  const size_t hidden = columns / 2;
  const size_t half = panel / 2;
  std::vector<size_t> order;
  for (size_t first = 0; first < hidden; first += half)
    for (const size_t start : {size_t{0}, hidden})
      for (size_t c = first; c < first + half; ++c)
        order.push_back(c < hidden ? start + c : columns);
  return order;
}

std::vector<size_t> padded(size_t columns, size_t panel) {
  std::vector<size_t> order(round_up(columns, panel));
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

}  // namespace

void Columns::append(const Tensor& weight, const Tensor& bias) {
  const auto rows = static_cast<size_t>(weight.size(0));
  const auto values = weight.floats();
  for (size_t row = 0; row < rows; ++row) weights_.push_back(values.data() + row * inputs_);
  if (bias.elements() != 0) bias_.insert(bias_.end(), bias.floats().begin(), bias.floats().end());
  bias_.resize(weights_.size());
  owners_.push_back(weight);
}

void Columns::select(const std::vector<size_t>& order) {
  std::vector<const float*> weights;
  std::vector<float> bias;
  for (const size_t column : order) {
    const bool exists = column < count();
    weights.push_back(exists ? weights_[column] : nullptr);
    bias.push_back(exists ? bias_[column] : 0.0F);
  }
  weights_ = std::move(weights);
  bias_ = std::move(bias);
}

Columns Columns::transposed() const {
  Tensor weight(DType::f32, {static_cast<int64_t>(inputs_), static_cast<int64_t>(count())});
  const auto values = weight.mutable_floats();
  for (size_t column = 0; column < count(); ++column)
    for (size_t i = 0; i < inputs_; ++i) values[i * count() + column] = weights_[column][i];
  Columns result(count());
  result.append(weight, Tensor(DType::f32, {0}));
  return result;
}

Linear::Linear(Columns columns, kernel::Epilogue epilogue, const Kernels& kernels, Arena& arena)
    : gemm_(columns.quantized() ? kernels.gemm_int8 : kernels.gemm),
      epilogue_(epilogue),
      inputs_(columns.inputs()) {
  columns.select(epilogue == kernel::Epilogue::swiglu ? interleaved(columns.count(), gemm_->panel)
                                                      : padded(columns.count(), gemm_->panel));
  columns_ = columns.count();
  auto* bias = static_cast<float*>(arena.take(columns_ * sizeof(float)));
  std::copy(columns.bias().begin(), columns.bias().end(), bias);
  void* weights = arena.take(gemm_->packed_bytes(columns_, inputs_));
  gemm_->pack(columns.weights().data(), columns_, inputs_, weights);
  weights_ = weights;
  bias_ = bias;
}

void Linear::operator()(const Matrix& x, const Matrix& y, Rows rows) const {
  gemm_->run({x.row(rows.begin), x.stride, weights_, bias_, y.row(rows.begin), y.stride,
              rows.count(), columns_, inputs_, epilogue_});
}

size_t Linear::outputs() const {
  return epilogue_ == kernel::Epilogue::swiglu ? columns_ / 2 : columns_;
}

}  // namespace evax::engine
