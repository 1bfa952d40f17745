// Attention maps against the original code, rollout against timm
// (tests/fixtures/explain/README.md).

#include <gtest/gtest.h>

#include <array>
#include <numeric>

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
std::vector<float> attention(const Session& session, std::span<const float> images, size_t count,
                             size_t layer, std::span<const uint32_t> rows) {
  const auto& config = session.config();
  std::vector<float> weights(count * static_cast<size_t>(config.num_heads) * rows.size() *
                             static_cast<size_t>(config.tokens()));
  session.attention(images.data(), count, layer, rows, weights.data());
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
          without_cls(attention(Session(file, {.threads = threads}), input.floats(), 2, last, rows),
                      17),
          read_npy(fixture("explain/" + name + "_rows.npy")).floats());
  }
}

TEST(Attention, EqualsTheOriginalCodeAtFullSize) {
  const auto config = testing::tiny_config();
  const std::array<uint32_t, 3> rows{1, 106, 196};
  const Session session(formula_model(config), {.threads = 1});
  expect_near(without_cls(attention(session, formula_images(config, 1), 1, 11, rows), 197),
              read_npy(fixture("explain/ti_rows.npy")).floats());
}

TEST(Attention, RowsSumToOneInEveryLayerAndPrecision) {
  auto config = testing::tiny_config();
  config.depth = 3;
  std::vector<uint32_t> rows(197);
  std::iota(rows.begin(), rows.end(), 0U);
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16()) continue;
    const Session session(formula_model(config), {precision, 2});
    for (const size_t layer : {0, 1, 2}) {
      const auto weights = attention(session, formula_images(config, 1), 1, layer, rows);
      for (size_t row = 0; row < weights.size(); row += 197)
        ASSERT_NEAR(std::accumulate(&weights[row], &weights[row] + 197, 0.0), 1, 1e-6);
    }
  }
}

// [count, tokens, tokens]
std::vector<float> rollout(const Session& session, std::span<const float> images, size_t count) {
  const auto tokens = static_cast<size_t>(session.config().tokens());
  std::vector<float> weights(count * tokens * tokens);
  session.rollout(images.data(), count, weights.data());
  return weights;
}

TEST(Rollout, EqualsTimms) {
  for (const std::string name : {"tiny", "tinyb", "vit_token", "vit_avg"}) {
    const bool vit = name.starts_with("vit");
    const auto file =
        weights::import_checkpoint(
            fixture(vit ? "baselines/" + name + ".safetensors" : "parity/" + name + ".pth"), {})
            .model;
    const Tensor input = read_npy(fixture(vit ? "baselines/images.npy" : "parity/tiny_input.npy"));
    for (const size_t threads : {1, 3})
      expect_near(rollout(Session(file, {.threads = threads}), input.floats(), 2),
                  read_npy(fixture("explain/" + name + "_rollout.npy")).floats());
  }
}

TEST(Rollout, ThreadsAndBatchesChangeNoBit) {
  auto config = testing::tiny_config();
  config.depth = 2;
  const auto file = formula_model(config);
  const auto images = formula_images(config, 3);
  const auto alone = rollout(Session(file, {.threads = 1}), images, 3);
  for (const size_t threads : {2, 5})
    EXPECT_EQ(rollout(Session(file, {.threads = threads}), images, 3), alone);
}

TEST(Attention, RefusesWhatThereIsNot) {
  auto config = testing::tiny_config();
  config.depth = 1;
  const Session session(formula_model(config), {.threads = 1});
  const auto message = [&](size_t layer, uint32_t row) {
    try {
      attention(session, formula_images(config, 1), 1, layer, std::array{row});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message(1, 0), "attention: expected a layer from 0 to 0, found 1");
  EXPECT_EQ(message(0, 197), "attention: expected a token from 0 to 196, found 197");
}

}  // namespace
}  // namespace evax::engine
