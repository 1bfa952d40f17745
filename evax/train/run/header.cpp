#include "evax/train/run/header.h"

#include <fmt/ranges.h>

#include "evax/train/loop/memory.h"
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

std::string init_of(const ModelRecipe& model, const std::string& sha) {
  return sha.empty() ? model.init : model.init + " (sha256 " + sha.substr(0, 12) + ")";
}

std::string memory_line(const Recipe& recipe, int classes, const std::string& precision) {
  const MemoryEstimate memory = estimate_memory(recipe, classes, precision != "fp32");
  return fmt::format("memory: about {:.1f} GiB a process in {}, {:.1f} of them activations",
                     memory.total() / (1 << 30), precision, memory.activations / (1 << 30));
}

void add_notes(std::vector<std::string>& lines, const char* about,
               const std::vector<std::string>& notes) {
  for (const std::string& text : notes) lines.push_back(fmt::format("{}: {}", about, text));
}

std::string protocol_line(const Recipe& recipe) {
  const bool paper = recipe.run.protocol == "paper";
  return fmt::format("protocol: {}, the best epoch is chosen on the {} set", recipe.run.protocol,
                     paper ? "TEST (as the original does: its figure is too good)" : "validation");
}

std::string corpus_line(const data::Splits& splits) {
  return fmt::format("data: {} training, {} validation images, without labels", splits.train.size(),
                     splits.val.size());
}

std::string crop_line(const data::AugmentConfig& augment) {
  if (augment.policy == "none") return "view: the evaluation transform";
  return fmt::format("view: flip {}, then a crop of {} to {} of the area, ratio {:.3g} to {:.3g}",
                     augment.flip, augment.crop_scale_min, augment.crop_scale_max,
                     augment.crop_ratio_min, augment.crop_ratio_max);
}

std::string mask_line(const data::MaskConfig& mask, const weights::ModelConfig& student) {
  const int patches = student.tokens() - 1;
  if (mask.kind == "alternating") return fmt::format("mask: every second of {} patches", patches);
  std::string line = fmt::format("mask: {}, {} of {} patches", mask.kind, mask.patches, patches);
  if (mask.kind == "block") line += fmt::format(", blocks of at least {}", mask.min_patches);
  return line;
}

std::string details_line(const OptimRecipe& optim) {
  return fmt::format(
      "optimiser: betas {} {}, eps {}, warm-up {} epochs, min_lr {}, clip {}, loss mean {}",
      optim.betas[0], optim.betas[1], optim.eps, optim.warmup_epochs, optim.min_lr, optim.clip_grad,
      optim.loss_mean);
}

}  // namespace

std::vector<std::string> header(const Recipe& recipe, const data::Splits& splits,
                                const InitialModel& initial, int ranks, int64_t steps,
                                const std::string& precision) {
  std::vector<std::string> lines{
      data_line(splits), input_line(recipe),
      model_line(recipe, *initial.model, init_of(recipe.model, initial.sha256)),
      optimizer_line(recipe.optim, ranks, steps)};
  lines.push_back(protocol_line(recipe));
  lines.push_back(memory_line(recipe, static_cast<int>(splits.train.classes.size()), precision));
  add_notes(lines, "data", splits.notes);
  add_notes(lines, "init", initial.notes);
  return lines;
}

std::vector<std::string> segmentation_header(const Recipe& recipe, const data::Splits& splits,
                                             const InitialModel& initial, int ranks, int64_t steps,
                                             const std::string& precision) {
  const SegmentationLoss& loss = recipe.loss;
  std::vector<std::string> lines{
      fmt::format("data: {} training, {} validation, {} test images; classes: {}",
                  splits.train.size(), splits.val.size(), splits.test.size(),
                  fmt::join(splits.train.classes, ", ")),
      input_line(recipe),
      model_line(recipe, *initial.model, init_of(recipe.model, initial.sha256)),
      fmt::format("decoder: {}, {} channels, dropout {}; the first {} blocks are frozen",
                  initial.model->config().decoder->kind, recipe.decoder.channels,
                  recipe.decoder.dropout, recipe.model.frozen),
      fmt::format("loss: {} binary cross entropy + {} focal + {} Dice", loss.bce, loss.focal,
                  loss.dice),
      optimizer_line(recipe.optim, ranks, steps),
      protocol_line(recipe),
      memory_line(recipe, static_cast<int>(splits.train.classes.size()), precision)};
  add_notes(lines, "data", splits.notes);
  add_notes(lines, "init", initial.notes);
  return lines;
}

std::vector<std::string> header(const Recipe& recipe, const data::Splits& splits,
                                const InitialStudent& initial,
                                const std::vector<std::string>& teacher, int ranks, int64_t steps,
                                const std::string& precision) {
  std::vector<std::string> lines{
      corpus_line(splits),
      input_line(recipe),
      crop_line(recipe.augment),
      model_line(recipe, *initial.model, init_of(recipe.model, initial.sha256)),
      fmt::format("gradient of the patch embedding: {}",
                  recipe.model.stop_grad_conv1 ? "a tenth (stop_grad_conv1)" : "whole"),
      mask_line(recipe.mask, initial.model->config()),
      optimizer_line(recipe.optim, ranks, steps),
      details_line(recipe.optim)};
  add_notes(lines, "teacher", teacher);
  lines.push_back(memory_line(recipe, 0, precision) + ", beside the teacher's weights");
  add_notes(lines, "data", splits.notes);
  add_notes(lines, "init", initial.notes);
  return lines;
}

}  // namespace evax::train
