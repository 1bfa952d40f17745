#include "evax/data/segmentation/annotation.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "evax/core/error.h"
#include "evax/data/readers/fields.h"

namespace evax::data {
namespace {

uint64_t number_of(std::string_view word, const std::string& where) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size())
    fail("{}: expected whole numbers in a run-length code, found '{}'", where, word);
  return number;
}

// Pixels are counted down the columns.
void draw_run(uint64_t begin, uint64_t length, Mask& mask) {
  const auto height = static_cast<uint64_t>(mask.height);
  for (uint64_t i = begin; i < begin + length; ++i)
    mask.row(static_cast<int>(i % height))[i / height] = 1;
}

}  // namespace

void draw_runs(std::string_view code, const std::string& where, Mask& mask) {
  std::vector<std::string_view> words;
  split_fields(code, words);
  if (words.empty() || words.size() % 2 != 0)
    fail("{}: expected pairs of gap and length in a run-length code, found {} numbers", where,
         words.size());
  uint64_t left = mask.pixels.size();
  for (size_t i = 0; i < words.size(); i += 2) {
    const uint64_t gap = number_of(words[i], where);
    const uint64_t length = number_of(words[i + 1], where);
    if (gap > left || length > left - gap)
      fail("{}: expected runs within {} x {} pixels, found the run {} {} past the end", where,
           mask.width, mask.height, gap, length);
    draw_run(mask.pixels.size() - left + gap, length, mask);
    left -= gap + length;
  }
}

void draw_box(const AnnotatedBox& box, const std::string& where, Mask& mask) {
  const double right = box.x + box.width;
  const double bottom = box.y + box.height;
  const bool inside = box.x >= 0 && box.y >= 0 && box.x < mask.width && box.y < mask.height &&
                      box.width >= 0 && box.height >= 0 && right <= mask.width &&
                      bottom <= mask.height;
  if (!inside)
    fail("{}: expected a box within {} x {} pixels, found x {}, y {}, width {}, height {}", where,
         mask.width, mask.height, box.x, box.y, box.width, box.height);
  const int last_x = std::min(static_cast<int>(right), mask.width - 1);
  const int last_y = std::min(static_cast<int>(bottom), mask.height - 1);
  for (int y = static_cast<int>(box.y); y <= last_y; ++y)
    std::fill(mask.row(y) + static_cast<int>(box.x), mask.row(y) + last_x + 1, uint8_t{1});
}

}  // namespace evax::data
