// Teachers against the original code's tokens (tests/fixtures/mim).

#include <gtest/gtest.h>

#include "evax/nn/testing.h"
#include "evax/train/pretraining/teacher.h"

namespace evax::train {
namespace {

using nn::testing::fixture;
using nn::testing::largest_difference;
using nn::testing::read_arrays;

constexpr double tolerance = 5e-5;  // of the fixtures (design.md 3)

/// A student whose grid is wanted; nothing else of it matters.
weights::ModelConfig student_of(int image_size) {
  weights::ModelConfig student;
  student.image_size = image_size;
  return student;
}

struct Case {
  const char* model;
  const char* tokens;   // array of the model's .npz
  const char* patch;    // recipe.patch
  const char* backend;  // recipe.backend
  int student;          // its image size
  int view;             // expected
  int num_heads = 0;    // of the reduced giant, which no default tells
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.model << " " << c.tokens << " " << c.backend;
}

class GoldenTeacher : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Towers, GoldenTeacher,
    ::testing::Values(Case{"g14.pt", "tokens", "view", "torch", 128, 112, 2},
                      Case{"g14.pt", "tokens_view98", "view", "auto", 112, 98, 2},
                      Case{"g14.pt", "tokens_patch16", "kernel", "torch", 112, 112, 2},
                      Case{"b16.pt", "tokens", "view", "torch", 112, 112},
                      Case{"b16.pt", "tokens", "view", "engine", 112, 112},
                      Case{"mgca.ckpt", "tokens", "view", "torch", 112, 112},
                      Case{"mgca.ckpt", "tokens", "view", "engine", 112, 112}));

TEST_P(GoldenTeacher, GivesTheOriginalsTokens) {
  const std::string path = fixture(std::string("mim/teacher_") + GetParam().model);
  TeacherRecipe recipe;
  recipe.model = path;
  recipe.patch = GetParam().patch;
  recipe.backend = GetParam().backend;
  recipe.num_heads = GetParam().num_heads;
  const auto teacher =
      Teacher::make(recipe, student_of(GetParam().student), {}, at::kCPU, Precision::fp32);
  ASSERT_EQ(teacher->view_size(), GetParam().view);

  const auto arrays = read_arrays(path.substr(0, path.rfind('.')) + ".npz");
  const at::Tensor expected = arrays.at(GetParam().tokens);
  ASSERT_EQ(teacher->width(), expected.size(2));
  const at::Tensor images = nn::testing::read_tensor(fixture("mim/input.npy"))
                                .narrow(0, 0, 2)
                                .narrow(2, 0, GetParam().view)
                                .narrow(3, 0, GetParam().view);
  const at::Tensor flat = expected.flatten(0, 1);
  const at::Tensor all = teacher->targets(images, at::arange(flat.size(0)));
  EXPECT_LE(largest_difference(all, flat), tolerance);

  const int64_t patches = expected.size(1);
  const at::Tensor some =
      at::tensor({int64_t{0}, int64_t{5}, patches - 1, patches, 2 * patches - 1});
  EXPECT_LE(largest_difference(teacher->targets(images, some), flat.index_select(0, some)),
            tolerance);
  EXPECT_EQ(teacher->targets(images, at::empty({0}, at::kLong)).size(0), 0);
}

/// The output of block `depth` - 1 of a tower, from the first two images.
at::Tensor tokens_after(const std::string& model, int depth) {
  auto file = weights::import_checkpoint(fixture(model), {.num_heads = 2}).model;
  constexpr std::string_view blocks = "blocks.";
  std::erase_if(file.tensors, [&](const auto& item) {
    return item.first.starts_with(blocks) && std::stoi(item.first.substr(blocks.size())) >= depth;
  });
  file.metadata.model.depth = depth;
  nn::VisionTransformer network(file.metadata.model);
  nn::load(network, file);
  const at::NoGradGuard no_grad;
  return network.tokens(nn::testing::read_tensor(fixture("mim/input.npy")).narrow(0, 0, 2));
}

TEST(GoldenTower, GivesTheOriginalsBlocks) {
  const auto giant = read_arrays(fixture("mim/teacher_g14.npz"));
  EXPECT_LE(largest_difference(tokens_after("mim/teacher_g14.pt", 1), giant.at("block0")),
            tolerance);
  const auto base = read_arrays(fixture("mim/teacher_b16.npz"));
  EXPECT_LE(largest_difference(tokens_after("mim/teacher_b16.pt", 2), base.at("last_block")),
            tolerance);
}

TEST(GoldenTower, NormsBeforeItProjects) {
  const auto file = weights::import_checkpoint(fixture("mim/teacher_g14.pt"), {.num_heads = 2});
  nn::VisionTransformer network(file.model.metadata.model);
  nn::load(network, file.model);
  const at::NoGradGuard no_grad;
  const at::Tensor images = nn::testing::read_tensor(fixture("mim/input.npy")).narrow(0, 0, 2);
  const at::Tensor normed = network.normalised(network.tokens(images).slice(1, 1));
  const auto expected = read_arrays(fixture("mim/teacher_g14.npz"));
  EXPECT_LE(largest_difference(normed, expected.at("norm_tokens")), tolerance);
  EXPECT_LE(largest_difference(network.logits(normed), expected.at("tokens")), tolerance);
}

TEST(GoldenTower, ItsHeadGivesTheClipEmbedding) {
  const auto file = weights::import_checkpoint(fixture("mim/teacher_b16.pt"), {}).model;
  nn::VisionTransformer network(file.metadata.model);
  nn::load(network, file);
  const at::NoGradGuard no_grad;
  const at::Tensor cls =
      network.forward(nn::testing::read_tensor(fixture("mim/input.npy")).narrow(0, 0, 2));
  EXPECT_LE(largest_difference(cls, read_arrays(fixture("mim/teacher_b16.npz")).at("cls")),
            tolerance);
}

TEST(GoldenTeacher, NormalisesAsTheRecipeSays) {
  const auto arrays = read_arrays(fixture("mim/e2e.npz"));
  const at::Tensor images = arrays.at("input").expand({-1, 3, -1, -1});
  for (const char* backend : {"torch", "engine"})
    for (const auto& [normalization, targets] :
         {std::pair{"corpus", "targets_merged520k"}, {"own", "targets_mgca"}}) {
      TeacherRecipe recipe;
      recipe.model = fixture("mim/teacher_mgca.ckpt");
      recipe.normalization = normalization;
      recipe.backend = backend;
      const auto teacher = Teacher::make(recipe, student_of(112), {}, at::kCPU, Precision::fp32);
      const at::Tensor expected = arrays.at(targets).flatten(0, 1);
      EXPECT_LE(
          largest_difference(teacher->targets(images, at::arange(expected.size(0))), expected),
          tolerance)
          << backend << " " << normalization;
    }
}

}  // namespace
}  // namespace evax::train
