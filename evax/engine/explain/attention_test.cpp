// Attention maps against the original code (tests/fixtures/cam/README.md).

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"
#include "evax/weights/convert.h"

namespace evax::engine {
namespace {

using testing::formula_images;
using testing::formula_model;

constexpr float tolerance = 2e-6F;

std::string fixture(const std::string& name) { return EVAX_SOURCE_DIR "/tests/fixtures/" + name; }

// [count, heads, rows, tokens]
std::vector<float> attention(const Model& model, std::span<const float> images, size_t count,
                             size_t layer, std::span<const uint32_t> rows) {
  const auto& config = model.config();
  std::vector<float> weights(count * static_cast<size_t>(config.num_heads) * rows.size() *
                             static_cast<size_t>(config.tokens()));
  model.attention(images.data(), count, layer, rows, weights.data());
  return weights;
}

// As the fixtures have them: without the first column, the cls token's.
std::vector<float> without_cls(std::span<const float> weights, size_t tokens) {
  std::vector<float> rest;
  for (size_t row = 0; row < weights.size(); row += tokens)
    rest.insert(rest.end(), weights.begin() + static_cast<ptrdiff_t>(row + 1),
                weights.begin() + static_cast<ptrdiff_t>(row + tokens));
  return rest;
}

void expect_near(std::span<const float> values, std::span<const float> expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], expected[i], tolerance) << "element " << i;
}

TEST(Attention, EqualsTheOriginalCode) {
  const Tensor input = read_npy(fixture("parity/tiny_input.npy"));
  const std::array<uint32_t, 3> rows{1, 7, 16};  // patches 0, 6, 15
  for (const std::string name : {"tiny", "tinyb"}) {
    const auto file = weights::import_checkpoint(fixture("parity/" + name + ".pth"), {}).model;
    const auto last = static_cast<size_t>(file.metadata.model.depth) - 1;
    for (const size_t threads : {1, 3})
      expect_near(
          without_cls(attention(Model(file, {.threads = threads}), input.floats(), 2, last, rows),
                      17),
          read_npy(fixture("cam/" + name + "_rows.npy")).floats());
  }
}

TEST(Attention, EqualsTheOriginalCodeAtFullSize) {
  const auto config = testing::tiny_config();
  const std::array<uint32_t, 3> rows{1, 106, 196};
  const Model model(formula_model(config), {.threads = 1});
  expect_near(without_cls(attention(model, formula_images(config, 1), 1, 11, rows), 197),
              read_npy(fixture("cam/ti_rows.npy")).floats());
}

}  // namespace
}  // namespace evax::engine
