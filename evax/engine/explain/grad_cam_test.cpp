// Grad-CAM against the original code. Its values are gradients of |logit|, ours of the logit
// (tests/fixtures/cam/README.md).

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

constexpr float tiny_tolerance = 5e-6F;
constexpr float formula_tolerance = 1e-6F;

std::string fixture(const std::string& name) { return EVAX_SOURCE_DIR "/tests/fixtures/" + name; }

struct Results {
  std::vector<float> raw, weights, logits;
  bool operator==(const Results&) const = default;
};

Results run(const Model& model, std::span<const float> images, size_t count,
            std::span<const int> classes) {
  const auto& config = model.config();
  const size_t maps = count * classes.size();
  Results results{std::vector<float>(maps * static_cast<size_t>(config.tokens() - 1)),
                  std::vector<float>(maps * static_cast<size_t>(config.embed_dim)),
                  std::vector<float>(count * static_cast<size_t>(config.num_classes))};
  model.grad_cam(images.data(), count, classes,
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
        run(Model(file, {.threads = threads}), input.floats(), 2, std::array{0, 1, 2, 3, 4});
    const Tensor logits = read_npy(fixture("parity/" + name + "_logits.npy"));
    const Tensor raw = read_npy(fixture("cam/" + name + "_raw.npy"));
    const Tensor weights = read_npy(fixture("cam/" + name + "_weights.npy"));
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
  const Model model(formula_model(config), {.threads = 1});
  const std::array classes{0, 5, 13};
  const Results results = run(model, formula_images(config, 1), 1, classes);
  std::vector<float> logits;
  for (const int index : classes) logits.push_back(results.logits[static_cast<size_t>(index)]);
  const Tensor raw = read_npy(fixture(fmt::format("cam/{}_raw.npy", key)));
  const Tensor weights = read_npy(fixture(fmt::format("cam/{}_weights.npy", key)));
  expect_near(results.raw, signed_by(logits, raw.floats()), formula_tolerance);
  expect_near(results.weights, signed_by(logits, weights.floats()), formula_tolerance);
}

}  // namespace
}  // namespace evax::engine
