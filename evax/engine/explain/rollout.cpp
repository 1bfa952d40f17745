#include "evax/engine/explain/rollout.h"

#include <algorithm>

namespace evax::engine {

Rollout::Rollout(const weights::ModelConfig& config)
    : tokens_(static_cast<size_t>(config.tokens())),
      layers_(static_cast<size_t>(config.depth)),
      heads_(static_cast<size_t>(config.num_heads)),
      product_(*select_kernels(Precision::fp32).gemm, tokens_, tokens_, arena_),
      head_(take_matrix(arena_, tokens_, tokens_)),
      mixed_(take_matrix(arena_, tokens_, tokens_)) {
  for (Matrix& matrix : transposed_) matrix = take_matrix(arena_, tokens_, product_.outputs());
}

void Rollout::mix(const VisionTransformer& network, size_t layer, Workspace& workspace,
                  const Part& part) {
  const Rows rows = part.rows;
  const float share = 0.5F / static_cast<float>(heads_);
  for (size_t row = rows.begin; row < rows.end; ++row) {
    std::fill_n(floats(mixed_, row), tokens_, 0.0F);
    floats(mixed_, row)[row] = 0.5F;
  }
  for (size_t head = 0; head < heads_; ++head) {
    network.attention(layer, workspace, head, rows, part.scratch, floats(head_, rows.begin),
                      head_.stride);
    for (size_t row = rows.begin; row < rows.end; ++row)
      for (size_t token = 0; token < tokens_; ++token)
        floats(mixed_, row)[token] += share * floats(head_, row)[token];
  }
}

void Rollout::operator()(const VisionTransformer& network, const float* image, Workspace& workspace,
                         const Part& part, const Share& share, float* rollout) {
  const Rows rows = part.rows;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    std::fill_n(floats(transposed_[0], row), tokens_, 0.0F);
    floats(transposed_[0], row)[row] = 1.0F;
  }
  network.enter(0, image, workspace, part, share.team);
  for (size_t layer = 0; layer < layers_; ++layer) {
    network.begin(layer, workspace, part, share.team);
    mix(network, layer, workspace, part);
    network.finish(layer, workspace, part);
    share.wait();
    if (share.leads()) product_.pack(floats(mixed_, 0), mixed_.stride);
    share.wait();
    const Matrix& before = transposed_[layer % 2];
    const Matrix& after = transposed_[(layer + 1) % 2];
    product_(floats(before, rows.begin), before.stride, floats(after, rows.begin), after.stride,
             rows.count());
  }
  for (size_t row = rows.begin; row < rows.end; ++row)
    for (size_t token = 0; token < tokens_; ++token)
      rollout[token * tokens_ + row] = floats(transposed_[layers_ % 2], row)[token];
}

}  // namespace evax::engine
