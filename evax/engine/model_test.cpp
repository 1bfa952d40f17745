#include "evax/engine/model.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "evax/engine/testing/formula_model.h"

namespace evax::engine {
namespace {

using testing::formula_images;
using testing::formula_model;

nlohmann::json formula_fixture(const std::string& key) {
  std::ifstream file(EVAX_SOURCE_DIR "/tests/fixtures/parity/formula_logits.json");
  return nlohmann::json::parse(file).at(key);
}

struct Case {
  const char* key;
  weights::ModelConfig config;
};

class FormulaModel : public ::testing::TestWithParam<Case> {};

TEST_P(FormulaModel, GivesTheOfficialCodesLogits) {
  const auto& [key, config] = GetParam();
  const nlohmann::json expected = formula_fixture(key);
  const Model model(formula_model(config), {.threads = 1});
  std::vector<float> logits(14), features(static_cast<size_t>(config.embed_dim));
  model.forward(formula_images(config, 1).data(), 1,
                {.logits = logits.data(), .features = features.data()});
  for (size_t i = 0; i < logits.size(); ++i)
    EXPECT_NEAR(logits[i], expected["logits_float64"][i].get<double>(), 1e-5) << "class " << i;
  for (size_t i = 0; i < 8; ++i)
    EXPECT_NEAR(features[i], expected["features_first8"][i].get<double>(), 1e-5) << "channel " << i;
}

INSTANTIATE_TEST_SUITE_P(Sizes, FormulaModel,
                         ::testing::Values(Case{"ti", testing::tiny_config()},
                                           Case{"s", testing::small_config()},
                                           Case{"b", testing::base_config()}),
                         [](const auto& size) { return std::string(size.param.key); });

}  // namespace
}  // namespace evax::engine
