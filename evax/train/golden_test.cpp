// Five steps of training against the official code's (fixtures/parity/README.md).

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/nn/testing.h"
#include "evax/train/loss.h"
#include "evax/train/optimizer.h"
#include "evax/weights/convert.h"
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

}  // namespace
}  // namespace evax::train
