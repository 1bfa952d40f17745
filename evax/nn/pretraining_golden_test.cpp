// The student of pre-training against the original EVA-02 code (tests/fixtures/mim).

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/nn/masked_vision_transformer.h"
#include "evax/nn/testing.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/names.h"

namespace evax::nn {
namespace {

using testing::fixture;
using testing::largest_difference;

// README.md of the fixtures.
constexpr double out_tolerance = 5e-6;
constexpr double tokens_tolerance = 5e-5;
constexpr double loss_tolerance = 2e-6;
constexpr double gradient_tolerance = 2e-5;  // of the tensor's largest
constexpr int64_t target_width = 96;

std::string mim(const std::string& name) { return fixture("mim/" + name); }

nlohmann::json read_json(const std::string& name) {
  std::ifstream file(mim(name));
  return nlohmann::json::parse(file);
}

weights::ModelFile official_student(const std::string& layout) {
  return weights::import_checkpoint(mim("student_" + layout + ".pth"), {.preset = "pretrained"})
      .model;
}

MaskedVisionTransformer make_student(const weights::ModelFile& file,
                                     StopGradient stop = StopGradient::mix) {
  MaskedVisionTransformer student(file.metadata.model, target_width, {.stop_grad_conv1 = stop});
  load(student, file);
  return student;
}

// Of an official mask [N, G, G], or of every second patch.
at::Tensor hidden_patches(const at::Tensor& mask) { return mask.flatten().nonzero().flatten(); }

at::Tensor loss_of(MaskedVisionTransformer& student, const at::Tensor& hidden) {
  const at::Tensor targets =
      testing::read_tensor(mim("targets.npy")).flatten(0, 1).index_select(0, hidden);
  const at::Tensor out = student.predict(testing::read_tensor(mim("input.npy")), hidden);
  return -at::cosine_similarity(out, targets, -1, 1e-8).mean();
}

std::string our_name(const std::string& official, const std::string& layout) {
  return (official.starts_with("norm.") ? "fc_" : "") + weights::timm_name(official, layout == "b");
}

class StudentGolden : public ::testing::TestWithParam<std::string> {
 protected:
  std::string layout() const { return GetParam(); }
  std::map<std::string, at::Tensor> arrays() const {
    return testing::read_arrays(mim("student_" + layout() + ".npz"));
  }
};
INSTANTIATE_TEST_SUITE_P(Layouts, StudentGolden, ::testing::Values("ti", "b"),
                         [](const auto& layout) { return layout.param; });

TEST_P(StudentGolden, TokensAndPredictionsEqualTheOfficialCodes) {
  const auto expected = arrays();
  auto file = official_student(layout());
  const at::Tensor images = testing::read_tensor(mim("input.npy"));
  const at::Tensor hidden = hidden_patches(expected.at("masks0"));
  const at::NoGradGuard no_grad;
  MaskedVisionTransformer student = make_student(file);
  EXPECT_EQ(student.config().rope_ref_grid, 7);
  for (const char* n : {"0", "1"}) {
    const at::Tensor rows = hidden_patches(expected.at(std::string("masks") + n));
    EXPECT_LE(
        largest_difference(student.predict(images, rows), expected.at(std::string("out") + n)),
        out_tolerance);
  }
  const at::Tensor tokens = student.masked_tokens(images, hidden);
  EXPECT_LE(largest_difference(tokens, expected.at("blocks")[1]), tokens_tolerance);
  EXPECT_LE(largest_difference(student.normalised(tokens), expected.at("norm")), tokens_tolerance);

  file.metadata.model.depth = 1;
  std::erase_if(file.tensors, [](const auto& item) { return item.first.starts_with("blocks.1"); });
  EXPECT_LE(largest_difference(make_student(file).masked_tokens(images, hidden),
                               expected.at("blocks")[0]),
            tokens_tolerance);
}

TEST_P(StudentGolden, LossesEqualTheOfficialCodes) {
  const auto expected = arrays();
  const auto figures = read_json("student.json")[layout()];
  const at::NoGradGuard no_grad;
  MaskedVisionTransformer student = make_student(official_student(layout()));
  EXPECT_NEAR(loss_of(student, hidden_patches(expected.at("masks0"))).item<double>(),
              figures["loss0"].get<double>(), loss_tolerance);
  EXPECT_NEAR(loss_of(student, hidden_patches(expected.at("masks1"))).item<double>(),
              figures["loss1"].get<double>(), loss_tolerance);
  const at::Tensor even = at::arange(49).remainder(2).eq(0).expand({3, 49});
  EXPECT_NEAR(loss_of(student, hidden_patches(even)).item<double>(),
              figures["loss_even_tokens"].get<double>(), loss_tolerance);
}

TEST_P(StudentGolden, GradientsEqualTheOfficialCodes) {
  const auto expected = arrays();
  const auto figures = read_json("student.json")[layout()]["grads"];
  const auto file = official_student(layout());
  const at::Tensor hidden = hidden_patches(expected.at("masks0"));
  size_t compared = 0;
  for (const auto& [prefix, stop] :
       {std::pair{"grad.", StopGradient::mix}, std::pair{"grad_nostop.", StopGradient::none}}) {
    MaskedVisionTransformer student = make_student(file, stop);
    const auto gradients = testing::gradients_of(student, loss_of(student, hidden));
    for (const auto& [entry, gradient] : expected) {
      if (!entry.starts_with(prefix)) continue;
      const std::string official = entry.substr(std::string_view(prefix).size());
      const at::Tensor ours = gradients.at(our_name(official, layout()));
      const int64_t stride = figures[official]["stride"];
      const at::Tensor thinned = ours.flatten().slice(0, 0, ours.numel(), stride);
      EXPECT_LE(largest_difference(thinned, gradient.flatten()),
                gradient_tolerance * ours.abs().max().item<double>())
          << entry;
      const double norm = figures[official]["norm"];
      if (stop == StopGradient::mix) {
        EXPECT_NEAR(ours.norm().item<double>(), norm, 1e-5 * norm) << entry;
      }
      ++compared;
    }
  }
  EXPECT_EQ(compared, figures.size() + 2);  // every parameter, and the patch embedding's two again
}

// As the law that the fixture states for every tensor, within five standard errors.
TEST(StudentInitialisation, FollowsTheOriginalsLaws) {
  const auto fixture = read_json("init.json");
  for (const auto& [size, variant] :
       {std::pair{"ti", "eva_x_tiny"}, std::pair{"b", "eva_x_base"}}) {
    const auto config = *weights::published_config(variant);
    MaskedVisionTransformer student(config, 768);
    initialise(student, 3);
    const auto parameters = student.named_parameters();
    for (const auto& [official, stats] : fixture[size]["tensors"].items()) {
      const std::string name = our_name(official, size);
      ASSERT_TRUE(parameters.contains(name)) << name;
      const at::Tensor values = parameters[name].detach().to(at::kDouble);
      const double std = stats["expected_std"];
      const double errors = 5 / std::sqrt(2.0 * static_cast<double>(values.numel()));
      EXPECT_NEAR(values.std(false).item<double>(), std, std * errors) << name;
      EXPECT_NEAR(values.mean().item<double>(), stats["law"] == "1" ? 1.0 : 0.0,
                  5 * std / std::sqrt(static_cast<double>(values.numel())))
          << name;
      const bool truncated = stats["law"].get<std::string>().find("truncated") != std::string::npos;
      EXPECT_EQ(truncated, name == "cls_token" || name == "mask_token" || name == "pos_embed");
      EXPECT_LE(values.abs().max().item<double>(), truncated ? 0.02 : 1.0) << name;
    }
  }
}

TEST(StudentInitialisation, IsKeyedBySeedAndName) {
  const auto config = testing::small_config();
  const auto draw = [&](uint64_t seed, int64_t width) {
    MaskedVisionTransformer student(config, width);
    initialise(student, seed);
    return student;
  };
  const auto parameter = [](const MaskedVisionTransformer& student, const char* name) {
    return student.named_parameters()[name].detach();
  };
  const auto first = draw(1, 96), again = draw(1, 32), other = draw(2, 96);
  EXPECT_TRUE(parameter(first, "mask_token").equal(parameter(again, "mask_token")));
  EXPECT_FALSE(parameter(first, "mask_token").equal(parameter(other, "mask_token")));
}

TEST(Student, AFileKeepsMaskTokenAndHead) {
  const auto file = official_student("b");
  const MaskedVisionTransformer student = make_student(file);
  const auto kept = parameters_of(student);
  EXPECT_EQ(kept.size(), file.tensors.size());
  EXPECT_EQ(kept.at("lm_head.weight").shape(), (Shape{96, 128}));
  EXPECT_EQ(kept.at("mask_token").shape(), (Shape{1, 1, 128}));
  // A head of another width is left as it was drawn; a classifier has neither.
  MaskedVisionTransformer wider(file.metadata.model, 100);
  load(wider, file);
  EXPECT_EQ(wider.named_parameters()["lm_head.weight"].abs().sum().item<float>(), 0);
  EXPECT_GT(wider.named_parameters()["mask_token"].abs().sum().item<float>(), 0);
  VisionTransformer plain(file.metadata.model);
  load(plain, file);
  EXPECT_EQ(parameters_of(plain).size(), file.tensors.size() - 3);
}

}  // namespace
}  // namespace evax::nn
