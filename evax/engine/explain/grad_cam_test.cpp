// Grad-CAM against the original code. Its values are gradients of |logit|, ours of the logit
// (tests/fixtures/explain/README.md).

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"
#include "evax/weights/convert.h"

namespace evax::engine {
namespace {

using testing::formula_images;
using testing::formula_model;

constexpr float tiny_tolerance = 5e-6F;  // tests/fixtures/explain/README.md
constexpr float formula_tolerance = 1e-6F;

std::string fixture(const std::string& name) { return EVAX_SOURCE_DIR "/tests/fixtures/" + name; }

struct Results {
  std::vector<float> raw, weights, logits;
  bool operator==(const Results&) const = default;
};

Results run(const Session& session, std::span<const float> images, size_t count,
            std::span<const int> classes) {
  const auto& config = session.config();
  const size_t maps = count * classes.size();
  Results results{std::vector<float>(maps * static_cast<size_t>(config.tokens() - 1)),
                  std::vector<float>(maps * static_cast<size_t>(config.embed_dim)),
                  std::vector<float>(count * static_cast<size_t>(config.num_classes))};
  session.grad_cam(images.data(), count, classes,
                   {results.raw.data(), results.weights.data(), results.logits.data()});
  return results;
}

void expect_near(std::span<const float> values, std::span<const float> expected, float tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], expected[i], tolerance) << "element " << i;
}

// Of the gradients of |logit|, [maps, ...], those of the logit.
std::vector<float> signed_by(std::span<const float> logits, std::span<const float> maps) {
  std::vector<float> values(maps.begin(), maps.end());
  const size_t each = maps.size() / logits.size();
  for (size_t i = 0; i < values.size(); ++i)
    if (logits[i / each] < 0) values[i] = -values[i];
  return values;
}

class GradCamOfTiny : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Layouts, GradCamOfTiny, ::testing::Values("tiny", "tinyb"));

TEST_P(GradCamOfTiny, EqualsTheOriginalCode) {
  const std::string name = GetParam();
  const auto file = weights::import_checkpoint(fixture("parity/" + name + ".pth"), {}).model;
  const Tensor input = read_npy(fixture("parity/tiny_input.npy"));
  for (const size_t threads : {1, 3}) {
    const Results results =
        run(Session(file, {.threads = threads}), input.floats(), 2, std::array{0, 1, 2, 3, 4});
    const Tensor logits = read_npy(fixture("parity/" + name + "_logits.npy"));
    const Tensor raw = read_npy(fixture("explain/" + name + "_raw.npy"));
    const Tensor weights = read_npy(fixture("explain/" + name + "_weights.npy"));
    expect_near(results.logits, logits.floats(), 1e-5F);
    expect_near(results.raw, signed_by(logits.floats(), raw.floats()), tiny_tolerance);
    expect_near(results.weights, signed_by(logits.floats(), weights.floats()), tiny_tolerance);
  }
}

struct FullSize {
  const char* key;
  weights::ModelConfig config;
};

class GradCamOfPublishedSize : public ::testing::TestWithParam<FullSize> {};
INSTANTIATE_TEST_SUITE_P(Sizes, GradCamOfPublishedSize,
                         ::testing::Values(FullSize{"ti", testing::tiny_config()},
                                           FullSize{"s", testing::small_config()},
                                           FullSize{"b", testing::base_config()}),
                         [](const auto& size) { return std::string(size.param.key); });

TEST_P(GradCamOfPublishedSize, EqualsTheOriginalCode) {
  const auto& [key, config] = GetParam();
  const Session session(formula_model(config), {.threads = 1});
  const std::array classes{0, 5, 13};
  const Results results = run(session, formula_images(config, 1), 1, classes);
  std::vector<float> logits;
  for (const int index : classes) logits.push_back(results.logits[static_cast<size_t>(index)]);
  const Tensor raw = read_npy(fixture(fmt::format("explain/{}_raw.npy", key)));
  const Tensor weights = read_npy(fixture(fmt::format("explain/{}_weights.npy", key)));
  expect_near(results.raw, signed_by(logits, raw.floats()), formula_tolerance);
  expect_near(results.weights, signed_by(logits, weights.floats()), formula_tolerance);
}

// PyTorch's autograd through timm's VisionTransformer: GELU, biased keys, no rotation.
class GradCamOfPlainVit : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Pools, GradCamOfPlainVit, ::testing::Values("vit_token", "vit_avg"));

TEST_P(GradCamOfPlainVit, EqualsAutograd) {
  const std::string name = GetParam();
  const auto file = weights::import_checkpoint(fixture("baselines/" + name + ".safetensors"), {});
  const Tensor input = read_npy(fixture("baselines/images.npy"));
  for (const size_t threads : {1, 3}) {
    const Session session(file.model, {.threads = threads});
    expect_near(run(session, input.floats(), 2, std::array{0, 1, 2, 3, 4}).raw,
                read_npy(fixture("explain/" + name + "_raw.npy")).floats(), tiny_tolerance);
  }
}

weights::ModelConfig small_network(bool base) {
  weights::ModelConfig config = testing::tiny_config();
  config.variant = "eva_x";
  config.image_size = 112;
  config.depth = 2;
  config.mlp_hidden = 341;
  config.sub_ln = config.qkv_split = base;
  config.num_classes = 3;
  return config;
}

TEST(GradCam, ThreadsAndBatchesChangeNoBit) {
  for (const bool base : {false, true}) {
    const auto file = formula_model(small_network(base));
    const auto images = formula_images(file.metadata.model, 5);
    const std::array classes{2, 0};
    const Results alone = run(Session(file, {.threads = 1}), images, 5, classes);
    for (const size_t threads : {2, 3, 4, 20})
      EXPECT_EQ(run(Session(file, {.threads = threads}), images, 5, classes), alone)
          << threads << " threads";
  }
}

TEST(GradCam, TakesTheLargestLogitAsTheTopClass) {
  const auto file = formula_model(small_network(false));
  const auto images = formula_images(file.metadata.model, 1);
  const Session session(file, {.threads = 1});
  const Results top = run(session, images, 1, std::array{top_class});
  const auto largest = std::max_element(top.logits.begin(), top.logits.end()) - top.logits.begin();
  EXPECT_EQ(top, run(session, images, 1, std::array{static_cast<int>(largest)}));
}

// Only the blocks before the last are rounded.
TEST(GradCam, InBf16StaysWithinTwoPercentOfTheMapsRange) {
  if (!has_bf16()) GTEST_SKIP() << "this CPU cannot multiply bf16";
  const auto file = formula_model(testing::tiny_config());
  const auto images = formula_images(file.metadata.model, 1);
  const std::array classes{0};
  const Results exact = run(Session(file, {.threads = 1}), images, 1, classes);
  const Results rounded = run(Session(file, {Precision::bf16, 1}), images, 1, classes);
  const auto [low, high] = std::minmax_element(exact.raw.begin(), exact.raw.end());
  for (size_t i = 0; i < exact.raw.size(); ++i)
    EXPECT_NEAR(rounded.raw[i], exact.raw[i], 0.02F * (*high - *low));
}

TEST(GradCam, RefusesWhatThereIsNot) {
  const auto message = [](const weights::ModelFile& file, int index) {
    try {
      run(Session(file, {.threads = 1}), formula_images(file.metadata.model, 1), 1,
          std::array{index});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  auto file = formula_model(small_network(false));
  EXPECT_EQ(message(file, 3), "Grad-CAM: expected a class from 0 to 2, found 3");
  EXPECT_EQ(message(file, -2), "Grad-CAM: expected a class from 0 to 2, found -2");
  file.metadata.model.num_classes = 0;
  EXPECT_EQ(message(file, 0), "Grad-CAM needs a model that classifies, found one without a head");
}

}  // namespace
}  // namespace evax::engine
