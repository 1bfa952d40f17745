#include "evax/train/memory.h"

#include <gtest/gtest.h>

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
