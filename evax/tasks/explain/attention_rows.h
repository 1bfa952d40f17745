#pragma once

#include <span>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/engine/model.h"

namespace evax::tasks {

/// How the heads of a block become one: by their mean or their largest value, or one of them alone.
struct HeadChoice {
  /// word: mean, max, or a number below `heads`. Throws UsageError.
  HeadChoice(const std::string& word, size_t heads);

  size_t first, count;
  bool largest = false;
};

/// What tokens of an image (input: [3, S, S]) attend to in a block: float32
/// [tokens asked, 1 + grid^2], the cls token first.
std::vector<float> attention_rows(const engine::Session& session, const Tensor& input, size_t layer,
                                  std::span<const uint32_t> tokens, const HeadChoice& heads);

/// [rows, grid^2] of such rows: the cls token left out.
std::vector<float> without_cls(std::span<const float> rows, size_t count);

}  // namespace evax::tasks
