#include "evax/engine/layers/rotary_embedding.h"

#include "evax/engine/kernels/attention.h"
#include "evax/weights/rope.h"

namespace evax::engine {

RotaryEmbedding::RotaryEmbedding(const weights::ModelConfig& config)
    : cos_(kernel::head_dim, 1.0F), sin_(kernel::head_dim, 0.0F) {
  if (!config.rotary()) {
    cos_.resize(config.tokens() * kernel::head_dim, 1.0F);
    sin_.resize(cos_.size(), 0.0F);
    return;
  }
  weights::RopeTables tables = weights::rope_tables(config.grid(), config.rope_ref_grid);
  for (size_t channel = 0; channel < tables.sin.size(); channel += 2)
    tables.sin[channel] = -tables.sin[channel];
  cos_.insert(cos_.end(), tables.cos.begin(), tables.cos.end());
  sin_.insert(sin_.end(), tables.sin.begin(), tables.sin.end());
}

}  // namespace evax::engine
