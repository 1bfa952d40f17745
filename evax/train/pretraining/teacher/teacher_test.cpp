#include "evax/train/pretraining/teacher.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "evax/core/testing/support.h"
#include "evax/nn/network.h"

namespace evax::train {
namespace {

weights::ModelConfig small_vit() {
  weights::ModelConfig config;
  config.arch = config.variant = "vit";
  config.image_size = 64;
  config.embed_dim = 128;
  config.depth = 2;
  config.num_heads = 2;
  config.mlp_hidden = 256;
  return config;
}

/// A folder of model files with weights drawn at random.
class MakeTeacher : public ::testing::Test {
 protected:
  std::string save(const weights::ModelConfig& config) {
    weights::ModelFile file;
    file.metadata.model = config;
    file.metadata.task = weights::Task::pretrain;
    file.metadata.preprocess.crop = config.image_size;
    const auto network = nn::make_network(config);
    nn::initialise(*network, 0);
    file.tensors = nn::parameters_of(*network);
    const std::string path = folder_.file("teacher.safetensors");
    weights::save_model(path, file);
    return path;
  }

  std::unique_ptr<Teacher> make(Precision precision = Precision::fp32) {
    return Teacher::make(recipe_, student_, {}, at::kCPU, precision);
  }
  void expect_refusal(const std::string& part) {
    EXPECT_CONTAINS(test::error_of([&] { make(); }), part);
  }

  test::TestFolder folder_;
  TeacherRecipe recipe_;
  weights::ModelConfig student_ = *weights::published_config("eva_x_tiny");
};

TEST_F(MakeTeacher, RefusesWhatIsNoFile) {
  recipe_.model = folder_.file("none.pt");
  expect_refusal("teacher.model: expected a model file or a checkpoint, found no file '" +
                 recipe_.model);
}

TEST_F(MakeTeacher, RefusesAConvolutionalNetwork) {
  recipe_.model = save(*weights::published_config("resnet50"));
  expect_refusal(
      "expected a vision transformer, which has a token for every patch, found resnet50");
}

TEST_F(MakeTeacher, RefusesAGridThatItCannotHave) {
  weights::ModelConfig config = small_vit();
  config.patch_size = 32;
  recipe_.model = save(config);
  student_.image_size = 16 * 256;
  expect_refusal("expected image_size between 1 and 4096, found 8192");
}

TEST_F(MakeTeacher, RefusesHeadsThatTheFileHasNot) {
  recipe_.model = save(small_vit());
  recipe_.num_heads = 4;
  expect_refusal("expected 4 heads, found a model file of 2");
}

TEST_F(MakeTeacher, RefusesTheEngineForOtherHeads) {
  weights::ModelConfig config = small_vit();
  config.num_heads = 4;
  recipe_.model = save(config);
  recipe_.backend = "engine";
  expect_refusal("found 128 channels in 4 heads: expected teacher.backend = \"torch\"");
}

TEST_F(MakeTeacher, TakesTheEngineOnACpuWhereItCan) {
  recipe_.model = save(small_vit());
  EXPECT_NE(make()->notes().back().find("evax's engine"), std::string::npos);
  weights::ModelConfig config = small_vit();
  config.num_heads = 4;
  recipe_.model = save(config);
  EXPECT_NE(make()->notes().back().find("LibTorch, fp32"), std::string::npos);
}

// The fixtures' tests hold the float32 tokens; half precision must stay within 2e-2 of their range.
TEST_F(MakeTeacher, RunsInBf16) {
  recipe_.model = save(small_vit());
  const at::Tensor images =
      (at::arange(2 * 3 * 224 * 224, at::kFloat) * 0.37).sin().reshape({2, 3, 224, 224});
  const at::Tensor patches = at::arange(2 * 196);
  const at::Tensor exact = make()->targets(images, patches);
  for (const char* backend : {"torch", "engine"}) {
    recipe_.backend = backend;
    const at::Tensor found = make(Precision::bf16)->targets(images, patches);
    EXPECT_EQ(found.scalar_type(), at::kFloat);
    EXPECT_FALSE(found.requires_grad());
    EXPECT_LE((found - exact).abs().max().item<float>(),
              2e-2 * (exact.max() - exact.min()).item<float>())
        << backend;
  }
}

}  // namespace
}  // namespace evax::train
