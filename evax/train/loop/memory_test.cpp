#include "evax/train/loop/memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/weights/decoder.h"

namespace evax::train {
namespace {

Recipe recipe_for(const std::string& arch, int batch, int size = 224) {
  return parse_recipe("[data]\nkind = 'csv'\n", "r.toml",
                      {"model.arch=" + arch, "optim.batch_size=" + std::to_string(batch),
                       "model.image_size=" + std::to_string(size)});
}

// Growth of the process's resident memory over forward and the widest moment of backward, in MB per
// image, measured on nn::EvaX with LibTorch 2.13 on a CPU in float32, less the gradients.
TEST(Memory, ActivationsAreThoseMeasured) {
  struct Row {
    const char* arch;
    int batch, size;
    double measured;
  };
  const Row rows[] = {{"eva_x_tiny", 24, 224, 29.87 + 1.30},
                      {"eva_x_small", 16, 224, 59.05 + 2.61},
                      {"eva_x_base", 8, 224, 166.76 + 3.62},
                      {"eva_x_small", 4, 480, 268.97 + 12.47}};
  for (const Row& row : rows) {
    const auto estimate = estimate_memory(recipe_for(row.arch, row.batch, row.size), 14, false);
    EXPECT_NEAR(estimate.activations / row.batch / 1e6, row.measured, 0.05 * row.measured)
        << row.arch << " at " << row.size;
  }
}

// Growth of the resident set of evax-train from batch 4 to 12, in MiB per image.
TEST(Memory, ConvolutionalNetworksTakeWhatWasMeasured) {
  for (const auto& [arch, measured] : {std::pair{"resnet50", 131.9}, {"densenet121", 162.9}}) {
    const auto estimate = estimate_memory(recipe_for(arch, 8), 14, false);
    EXPECT_NEAR(estimate.activations / 8 / (1 << 20), measured, 0.02 * measured) << arch;
  }
}

// What autograd keeps in PyTorch (tools/oracles/decoders.py).
TEST(Memory, DecodersKeepWhatPyTorchKeeps) {
  std::ifstream file(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/weights/cost_decoders.json");
  for (const auto& item : nlohmann::json::parse(file)) {
    weights::ModelConfig config =
        weights::published_config(item["variant"].get<std::string>()).value();
    config.image_size = item["image_size"];
    config.num_classes = item["classes"];
    config.decoder = weights::default_decoder(config);
    config.decoder->channels = item["channels"];
    config.decoder->pool_scales = item["pool_scales"].get<std::vector<int>>();
    const double kept = item["kept"];
    EXPECT_NEAR(decoder_activation_bytes(config, false), kept, 0.02 * kept) << item.dump();
  }
}

// Parameter counts of spec D.4.
TEST(Memory, OfASegmentationHasTheDecoderAndLeavesFrozenBlocksOut) {
  const auto estimate = [](const std::vector<std::string>& more) {
    return estimate_memory(parse_recipe("task = 'segment'\n[data]\nkind = 'csv'\n", "r.toml", more),
                           1, false);
  };
  const MemoryEstimate all = estimate({});
  const MemoryEstimate some = estimate({"model.frozen=6"});
  EXPECT_EQ(all.parameters, 4.0 * 31'823'105);
  EXPECT_EQ(all.gradients, 4.0 * 31'823'105);
  EXPECT_EQ(some.parameters, all.parameters);
  EXPECT_LT(some.gradients, 0.7 * all.gradients);
  EXPECT_LT(some.activations, 0.8 * all.activations);
  EXPECT_GT(some.activations, 0.7 * all.activations);
}

// Parameter counts of spec A.1.
TEST(Memory, ParametersGradientsAndOptimizer) {
  Recipe recipe = recipe_for("eva_x_small", 1);
  MemoryEstimate estimate = estimate_memory(recipe, 14, false);
  EXPECT_EQ(estimate.parameters, 4.0 * 21672590);
  EXPECT_EQ(estimate.gradients, 4.0 * 21672590);
  EXPECT_EQ(estimate.optimizer, 8.0 * 21672590);
  EXPECT_EQ(estimate.batches, 3.0 * 3 * 224 * 224 * 4);
  recipe.optim.optimizer = "sgd";
  recipe.optim.ema = 0.999;
  estimate = estimate_memory(recipe, 14, true);
  EXPECT_EQ(estimate.parameters, 6.0 * 21672590);
  EXPECT_EQ(estimate.optimizer, 8.0 * 21672590);
}

TEST(Memory, LessWithCheckpointingAndHalfPrecision) {
  Recipe recipe = recipe_for("eva_x_base", 32);
  const double full = estimate_memory(recipe, 14, false).activations;
  EXPECT_LT(estimate_memory(recipe, 14, true).activations, 0.7 * full);
  recipe.model.checkpoint_blocks = true;
  EXPECT_LT(estimate_memory(recipe, 14, false).activations, 0.25 * full);
}

}  // namespace
}  // namespace evax::train
