// Steps of pre-training against the original EVA-02 code (tests/fixtures/mim).

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/nn/masked_vision_transformer.h"
#include "evax/nn/testing.h"
#include "evax/train/optim/optimizer.h"
#include "evax/train/optim/schedule.h"
#include "evax/train/pretraining/masked_image_modelling.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/names.h"

namespace evax::train {
namespace {

using nn::testing::fixture;
using nn::testing::shared_fixture;

nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

at::Tensor hidden_patches(const at::Tensor& mask) { return mask.flatten().nonzero().flatten(); }

std::string our_name(const std::string& official) {
  return (official.starts_with("norm.") ? "fc_" : "") + weights::timm_name(official, false);
}

OptimRecipe original_optimiser(const nlohmann::json& settings) {
  OptimRecipe optim;
  optim.lr = settings["lr"];
  optim.min_lr = settings["min_lr"];
  optim.betas = settings["opt_betas"].get<std::vector<double>>();
  optim.eps = settings["opt_eps"];
  optim.weight_decay = settings["weight_decay"];
  optim.clip_grad = settings["clip_grad"];
  optim.layer_decay = 1;
  optim.schedule = "cosine";
  optim.warmup_epochs = settings["warmup_epochs"];
  optim.warmup_inclusive = true;
  return optim;
}

TEST(PretrainingGolden, SixStepsEqualTheOfficialCodes) {
  const auto arrays = nn::testing::read_arrays(fixture("mim/train.npz"));
  const auto settings = read_json(fixture("mim/train.json"));
  const OptimRecipe optim = original_optimiser(settings);
  const auto file =
      weights::import_checkpoint(fixture("mim/student_ti.pth"), {.preset = "pretrained"}).model;
  nn::MaskedVisionTransformer student(file.metadata.model, 96,
                                      {.stop_grad_conv1 = nn::StopGradient::mix});
  nn::load(student, file);

  NamedParameters parameters;
  std::vector<Group> groups;
  for (const auto& item : student.named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
    groups.push_back(layer_decay_group(item.key(), item.value(), student.config().depth,
                                       optim.layer_decay, optim.weight_decay));
  }
  for (const auto& [official, group] : settings["params"].items()) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].first != our_name(official)) continue;
      EXPECT_EQ(groups[i].lr_scale, group["lr_scale"].get<double>()) << official;
      EXPECT_EQ(groups[i].weight_decay, group["weight_decay"].get<double>()) << official;
    }
  }

  const auto optimizer = Optimizer::make(optim, parameters, groups);
  const at::Tensor images = nn::testing::read_tensor(fixture("mim/input.npy"));
  const at::Tensor targets = nn::testing::read_tensor(fixture("mim/targets.npy")).flatten(0, 1);
  const auto loss = [&](int64_t step) {
    const at::Tensor hidden = hidden_patches(arrays.at("masks")[step]);
    const LossSum sum = masked_loss(student.predict(images, hidden),
                                    targets.index_select(0, hidden), /*pixels=*/false);
    return sum.sum / sum.count;
  };
  for (int64_t step = 0; step < 6; ++step) {
    const at::Tensor value = loss(step);
    EXPECT_NEAR(value.item<double>(), settings["losses"][step].get<double>(), 5e-6) << step;
    zero_gradients(parameters);
    value.backward();
    const at::Tensor norm = gradient_norm(parameters);
    const double expected_norm = settings["grad_norms"][step];
    EXPECT_NEAR(norm.item<double>(), expected_norm, 2e-5 * expected_norm) << step;
    clip_gradients(parameters, norm, optim.clip_grad);
    const double lr = learning_rate(optim, step, settings["steps_per_epoch"], 9);
    EXPECT_NEAR(lr, settings["lr_schedule"][step].get<double>(), 1e-12) << step;
    optimizer->step(lr);
  }
  const at::NoGradGuard no_grad;
  for (int64_t step = 0; step < 6; ++step)
    EXPECT_NEAR(loss(step).item<double>(), settings["losses_after"][step].get<double>(), 5e-6);

  const auto trained = student.named_parameters();
  ASSERT_EQ(settings["params"].size(), parameters.size());
  for (const auto& [official, group] : settings["params"].items()) {
    const at::Tensor ours = trained[our_name(official)].detach();
    const int64_t stride = settings["final"][official]["stride"];
    const at::Tensor difference = (ours.flatten().slice(0, 0, ours.numel(), stride) -
                                   arrays.at("final." + official).flatten())
                                      .abs();
    EXPECT_LE(difference.mean().item<double>(), 5e-7) << official;
    EXPECT_LE(difference.max().item<double>(), 2e-5) << official;
  }
}

// Values that the original's cosine_scheduler gave; the last step, the peak twice, the warm-up.
TEST(PretrainingGolden, TheScheduleIsTheOfficialCodes) {
  const auto schedules = read_json(fixture("mim/train.json"))["schedules"];
  const auto optim_of = [](const nlohmann::json& args) {
    OptimRecipe optim;
    optim.lr = args[0];
    optim.min_lr = args[1];
    optim.schedule = "cosine";
    optim.warmup_epochs = args[4];
    optim.warmup_inclusive = true;
    return optim;
  };
  const auto& small = schedules["short"];
  for (size_t step = 0; step < small["values"].size(); ++step)
    EXPECT_NEAR(
        learning_rate(optim_of(small["args"]), static_cast<int64_t>(step), small["args"][3], 20),
        small["values"][step].get<double>(), 1e-12)
        << step;
  const auto& paper = schedules["paper_tiny"];
  for (const auto& [step, value] : paper["at"].items())
    EXPECT_NEAR(
        learning_rate(optim_of(paper["args"]), std::stoll(step), paper["args"][3], paper["length"]),
        value.get<double>(), 1e-13)
        << step;
}

}  // namespace
}  // namespace evax::train
