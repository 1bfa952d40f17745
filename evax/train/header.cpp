#include "evax/train/header.h"

#include <fmt/format.h>

#include "evax/train/memory.h"
#include "evax/weights/cost.h"

namespace evax::train {
namespace {

std::string data_line(const data::Splits& splits) {
  return fmt::format(
      "data: {} training, {} validation, {} test images; {} classes, label policy {}",
      splits.train.size(), splits.val.size(), splits.test.size(), splits.train.classes.size(),
      splits.policy);
}

std::string input_line(const Recipe& recipe) {
  const weights::Preprocess& p = recipe.preprocess;
  return fmt::format("input: {0} x {0}, resize {1}, mean {2:.4f} std {3:.4f}, augmentation {4}{5}",
                     p.crop, p.resize[0], p.mean[0], p.std[0], recipe.augment.policy,
                     recipe.augment.policy == "timm" ? " " + recipe.augment.auto_augment : "");
}

std::string model_line(const Recipe& recipe, const nn::Network& model, const std::string& init) {
  // A training step costs about three forward passes: one forward, two in backward.
  const std::string line =
      fmt::format("model: {}, {:.2f} M parameters, {:.2f} GFLOP an image and step, init {}",
                  recipe.model.arch, static_cast<double>(parameter_count(model.config())) / 1e6,
                  3 * weights::flops_per_image(model.config()) / 1e9, init);
  if (!model.config().is_transformer()) return line;
  return line + fmt::format(", drop path {}", recipe.model.drop_path);
}

std::string optimizer_line(const OptimRecipe& optim, int ranks, int64_t steps) {
  std::string line = fmt::format(
      "optimiser: {}, lr {} {}, weight decay {}, layer decay {}, batch {}", optim.optimizer,
      optim.lr, optim.schedule, optim.weight_decay, optim.layer_decay, optim.batch_size);
  if (optim.accumulate > 1) line += fmt::format(" x {} micro-steps", optim.accumulate);
  if (ranks > 1) line += fmt::format(" x {} processes", ranks);
  if (steps > 0) line += fmt::format(", {} steps", steps);
  return line;
}

}  // namespace

std::vector<std::string> header(const Recipe& recipe, const data::Splits& splits,
                                const InitialModel& initial, int ranks, int64_t steps,
                                const std::string& precision) {
  const std::string init =
      initial.sha256.empty() ? recipe.model.init
                             : recipe.model.init + " (sha256 " + initial.sha256.substr(0, 12) + ")";
  std::vector<std::string> lines{data_line(splits), input_line(recipe),
                                 model_line(recipe, *initial.model, init),
                                 optimizer_line(recipe.optim, ranks, steps)};
  const bool paper = recipe.run.protocol == "paper";
  lines.push_back(
      fmt::format("protocol: {}, the best epoch is chosen on the {} set", recipe.run.protocol,
                  paper ? "TEST (as the original does: its figure is too good)" : "validation"));
  const MemoryEstimate memory =
      estimate_memory(recipe, static_cast<int>(splits.train.classes.size()), precision != "fp32");
  lines.push_back(
      fmt::format("memory: about {:.1f} GiB a process in {}, {:.1f} of them activations",
                  memory.total() / (1 << 30), precision, memory.activations / (1 << 30)));
  for (const std::string& text : splits.notes) lines.push_back("data: " + text);
  for (const std::string& text : initial.notes) lines.push_back("init: " + text);
  return lines;
}

}  // namespace evax::train
