// Five steps of training against the official code's (fixtures/parity/README.md).

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/nn/testing.h"
#include "evax/train/optim/loss.h"
#include "evax/train/optim/optimizer.h"
#include "evax/train/optim/schedule.h"
#include "evax/train/tasks/segmentation_loss.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/convert/names.h"

namespace evax::train {
namespace {

using nn::testing::shared_fixture;

TEST(Golden, FiveStepsEqualTheOfficialCodes) {
  const std::string path = shared_fixture("parity/tiny_train.npz");
  if (path.empty()) GTEST_SKIP() << "no training steps of the official code here";
  const auto arrays = nn::testing::read_arrays(path);
  std::ifstream file(shared_fixture("parity/tiny_train.json"));
  const auto settings = nlohmann::json::parse(file);

  const auto imported = weights::import_checkpoint(nn::testing::fixture("parity/tiny.pth"), {});
  nn::VisionTransformer model(imported.model.metadata.model);
  nn::load(model, imported.model);
  NamedParameters parameters;
  std::vector<Group> groups;
  for (const auto& item : model.named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
    groups.push_back(layer_decay_group(item.key(), item.value(), model.config().depth,
                                       settings["layer_decay"], 0.05));
  }
  const double lr = settings["optimizer"]["lr"];
  const auto optimizer = Optimizer::make({}, parameters, groups);

  const at::Tensor losses = arrays.at("losses");
  const auto loss = [&] {
    const LossSum sum = classification_loss(model.forward(arrays.at("images")),
                                            arrays.at("targets"), weights::Task::multilabel, {});
    return sum.sum / sum.count;
  };
  for (int step = 0; step < 5; ++step) {
    const at::Tensor value = loss();
    EXPECT_NEAR(value.item<double>(), losses[step].item<double>(), 2e-6) << step;
    zero_gradients(parameters);
    value.backward();
    optimizer->step(lr);
  }
  EXPECT_NEAR(loss().item<double>(), losses[5].item<double>(), 2e-6);
  ASSERT_EQ(settings["params"].size(), parameters.size());
  const auto trained = model.named_parameters();
  for (const auto& [official, group] : settings["params"].items()) {
    const at::Tensor difference =
        (trained[weights::timm_name(official, false)].detach() - arrays.at("final." + official))
            .abs();
    EXPECT_LE(difference.mean().item<double>(), 5e-7) << official;
    EXPECT_LE(difference.max().item<double>(), 2e-4) << official;
  }
}

// A checkpoint's own rotary tables, [tokens, 32, 2]. Their last bits decide here on which side of 0
// a ReLU begins (losses 1.5e-4 apart from the seventh iteration on), and every libm has its own.
at::Tensor official_rotary_table(const std::string& path) {
  const auto tensors = weights::read_checkpoint(path).tensors;
  std::vector<at::Tensor> parts;
  for (const char* name : {"backbone.rope.freqs_cos", "backbone.rope.freqs_sin"}) {
    const Tensor& table = tensors.at(name);
    const at::Tensor values = at::from_blob(const_cast<std::byte*>(table.bytes().data()),
                                            table.shape(), at::TensorOptions(at::kFloat));
    parts.push_back(values.slice(1, 0, 64, 2).clone());  // neighbouring channels are equal
  }
  return at::stack(parts, 2);
}

// Twelve iterations of the official segmentation code, in float64 as they were recorded: poly by
// epoch, ten iterations of warm-up, layer decay (tests/fixtures/seg/network/README.md).
TEST(Golden, TwelveSegmentationStepsEqualTheOfficialCodes) {
  const auto official = [](const std::string& name) {
    return nn::testing::fixture("seg/network/tiny_seg" + name);
  };
  std::ifstream file(official("_train.json"));
  const auto settings = nlohmann::json::parse(file);
  const auto imported = weights::import_checkpoint(official(".pth"), {});
  const auto model = nn::make_network(imported.model.metadata.model);
  nn::load(*model, imported.model);
  model->named_buffers()["rotary_table"].slice(0, 1).copy_(official_rotary_table(official(".pth")));
  model->to(at::kDouble);
  NamedParameters parameters;
  std::vector<Group> groups;
  for (const auto& item : model->named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
    groups.push_back(segmentation_group(item.key(), item.value(), model->config(),
                                        settings["layer_decay_rate"], settings["weight_decay"]));
  }
  OptimRecipe optim;
  optim.lr = settings["base_lr"];
  optim.schedule = "poly";
  optim.poly_by = "epoch";
  optim.warmup_steps = 10;
  optim.warmup_ratio = 1e-6;
  const auto optimizer = Optimizer::make(optim, parameters, groups);

  const at::Tensor images = nn::testing::read_tensor(official("_input.npy")).to(at::kDouble);
  const at::Tensor masks = nn::testing::read_tensor(official("_label.npy")).to(at::kByte);
  const auto losses = settings["losses_fp64"].get<std::vector<double>>();
  const int64_t per_epoch = settings["iterations_per_epoch"];
  const auto steps = static_cast<int64_t>(losses.size());
  for (int64_t step = 0; step < steps; ++step) {
    const LossSum loss = segmentation_loss(model->forward(images), masks, {});
    const at::Tensor mean = loss.sum / loss.count;
    EXPECT_NEAR(mean.item<double>(), losses[static_cast<size_t>(step)], 1e-9) << step;
    zero_gradients(parameters);
    mean.backward();
    optimizer->step(learning_rate(optim, step, per_epoch, steps));
  }
  const auto arrays = nn::testing::read_arrays(official("_train.npz"));
  const auto trained = model->named_parameters();
  size_t compared = 0;
  for (const auto& [key, expected] : arrays) {
    if (!key.starts_with("final.")) continue;
    ++compared;
    const std::string name = key.substr(std::string_view("final.").size());
    const at::Tensor found = trained[nn::testing::own_name(name)].detach().flatten();
    const at::Tensor difference = (found.narrow(0, 0, expected.size(0)) - expected).abs();
    EXPECT_LE(difference.mean().item<double>(), 1e-9) << name;
  }
  EXPECT_EQ(compared, parameters.size());
  model->eval();
  const at::NoGradGuard no_grad;
  const at::Tensor logits = model->logits(model->features(images));
  EXPECT_LE(nn::testing::largest_difference(logits, arrays.at("logits_after_eval")), 1e-7);
}

}  // namespace
}  // namespace evax::train
