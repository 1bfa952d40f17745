#include "evax/report/explain/maps_data.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include "evax/image/png/deflate.h"
#include "evax/report/markup.h"

namespace evax::report {
namespace {

constexpr int compression_level = 6;

void append(std::vector<uint8_t>& bytes, float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  for (unsigned shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<uint8_t>(bits >> shift));
}

// Steps between 0 and the largest value; divisors of 255. Of a large grid few, so that twenty
// images stay below 15 MB: noise, the worst case, takes 0.4 MB each.
int steps_of(size_t patches) { return patches <= 256 ? 255 : 15; }

void append_attention(std::vector<uint8_t>& bytes, std::span<const float> attention,
                      size_t patches) {
  const auto steps = static_cast<float>(steps_of(patches));
  std::vector<uint8_t> rows;
  for (; !attention.empty(); attention = attention.subspan(patches)) {
    const auto row = attention.first(patches);
    const float largest = *std::ranges::max_element(row);
    append(bytes, largest);
    for (const float weight : row) {
      const float share = largest > 0 ? std::max(0.F, weight / largest) : 0;
      rows.push_back(static_cast<uint8_t>(std::round(share * steps) * (255 / steps)));
    }
  }
  bytes.insert(bytes.end(), rows.begin(), rows.end());
}

}  // namespace

std::string packed_maps(const ExplainedModel& model, const Explanation& explanation) {
  std::vector<uint8_t> bytes;
  for (const auto& grid : explanation.cam)
    for (const float value : grid) append(bytes, value > 0 ? value : 0);
  append_attention(bytes, explanation.attention,
                   static_cast<size_t>(model.grid) * static_cast<size_t>(model.grid));
  const auto packed = image::deflate(bytes, compression_level);
  return base64({reinterpret_cast<const char*>(packed.data()), packed.size()});
}

}  // namespace evax::report
