#include "evax/tasks/explain/attention_rows.h"

#include <algorithm>
#include <charconv>

#include "evax/core/error.h"

namespace evax::tasks {

HeadChoice::HeadChoice(const std::string& word, size_t heads)
    : first(0), count(heads), largest(word == "max") {
  if (word == "mean" || word == "max") return;
  const auto end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, first);
  if (word.empty() || error != std::errc() || rest != end || first >= heads)
    throw UsageError(fmt::format("--head: expected mean, max or a number from 0 to {}, found {}",
                                 heads - 1, word));
  count = 1;
}

std::vector<float> attention_rows(const engine::Session& session, const Tensor& input, size_t layer,
                                  std::span<const uint32_t> tokens, const HeadChoice& heads) {
  const size_t size = tokens.size() * static_cast<size_t>(session.config().tokens());
  std::vector<float> weights(static_cast<size_t>(session.config().num_heads) * size);
  session.attention(input.floats().data(), 1, layer, tokens, weights.data());
  std::vector<float> result(size);
  for (size_t head = heads.first; head < heads.first + heads.count; ++head)
    for (size_t i = 0; i < size; ++i) {
      const float weight = weights[head * size + i];
      result[i] = heads.largest ? std::max(result[i], weight)
                                : result[i] + weight / static_cast<float>(heads.count);
    }
  return result;
}

std::vector<float> without_cls(std::span<const float> rows, size_t count) {
  const size_t width = rows.size() / count;
  std::vector<float> cells;
  cells.reserve(rows.size() - count);
  for (size_t i = 0; i < count; ++i) {
    const auto row = rows.subspan(i * width + 1, width - 1);
    cells.insert(cells.end(), row.begin(), row.end());
  }
  return cells;
}

}  // namespace evax::tasks
