// Teachers in full size against timm's tokens, with weights from a formula
// (tools/oracles/teachers.py, tests/fixtures/teachers).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "evax/core/testing/formula.h"
#include "evax/core/testing/support.h"
#include "evax/nn/testing.h"
#include "evax/train/pretraining/teacher.h"
#include "evax/weights/convert.h"

namespace evax::train {
namespace {

using nn::testing::fixture;
using nn::testing::largest_difference;

float formula(const std::string& name, uint64_t stream, uint64_t i, const Shape& shape) {
  const double s = test::formula_value(stream, i);
  if (shape.size() > 1 && name != "cls_token" && name != "pos_embed")
    return static_cast<float>(
        std::sqrt(3.0 * static_cast<double>(shape[0]) / static_cast<double>(element_count(shape))) *
        s);
  return static_cast<float>(shape.size() == 1 && name.ends_with("weight") ? 1 + 0.1 * s : 0.1 * s);
}

weights::ModelFile formula_model(const std::string& variant, int projection) {
  weights::ModelFile file;
  weights::ModelConfig& config = file.metadata.model;
  config = *weights::published_config(variant);
  config.pool = "token";
  config.projection = projection;
  file.metadata.task = weights::Task::pretrain;
  const auto parameters = weights::parameters_of(config);
  const std::map<std::string, Shape> sorted(parameters.begin(), parameters.end());
  uint64_t stream = 0;
  for (const auto& [name, shape] : sorted) {
    Tensor tensor(DType::f32, shape);
    uint64_t i = 0;
    for (float& value : tensor.mutable_floats()) value = formula(name, stream, i++, shape);
    file.tensors[name] = std::move(tensor);
    ++stream;
  }
  return file;
}

struct FullSizeCase {
  const char* variant;
  int projection;  // numbers of a token; 0: the network's own
  int grid;
  std::vector<const char*> backends;
};
void PrintTo(const FullSizeCase& c, std::ostream* out) { *out << c.variant; }

class FullSizeTeacher : public ::testing::TestWithParam<FullSizeCase> {};
#ifdef EVAX_SLOW_TESTS
INSTANTIATE_TEST_SUITE_P(
    L14g14, FullSizeTeacher,
    ::testing::Values(FullSizeCase{"eva02_clip_large", 768, 16, {"torch", "engine"}},
                      FullSizeCase{"eva01_clip_giant", 1024, 16, {"torch"}}));
#else
INSTANTIATE_TEST_SUITE_P(
    B16, FullSizeTeacher,
    ::testing::Values(FullSizeCase{"eva02_clip_base", 512, 14, {"torch", "engine"}},
                      FullSizeCase{"vit_base", 0, 14, {"torch", "engine"}}));
#endif

TEST_P(FullSizeTeacher, GivesTimmsTokens) {
  const FullSizeCase& c = GetParam();
  const test::TestFolder folder;
  TeacherRecipe recipe;
  recipe.model = folder.file("teacher.safetensors");
  weights::save_model(recipe.model, formula_model(c.variant, c.projection));
  at::Tensor image = at::empty({1, 3, 224, 224});
  auto* pixels = image.mutable_data_ptr<float>();
  for (int64_t i = 0; i < image.numel(); ++i)
    pixels[i] = static_cast<float>(2 * test::formula_value(65536, static_cast<uint64_t>(i)));
  weights::ModelConfig student;
  student.image_size = c.grid * student.patch_size;

  const at::Tensor expected =
      nn::testing::read_tensor(fixture(fmt::format("teachers/{}.npy", c.variant)));
  for (const char* backend : c.backends) {
    recipe.backend = backend;
    const auto teacher = Teacher::make(recipe, student, {}, at::kCPU, Precision::fp32);
    // Every 28th token: attention has put something of all tokens into each.
    const at::Tensor found = teacher->targets(image, at::arange(0, c.grid * c.grid, 28));
    EXPECT_LE(largest_difference(found, expected), 1e-4) << backend;
  }
}

}  // namespace
}  // namespace evax::train
