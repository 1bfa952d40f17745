#include "evax/train/recipe/recipe.h"

#include <algorithm>
#include <map>
#include <regex>

#include "evax/core/error.h"
#include "evax/core/toml.h"
#include "evax/data/augment/segment.h"
#include "evax/train/recipe/recipe_defaults.h"

namespace evax::train {
namespace {

constexpr Range at_least_0{.low = 0};
constexpr Range at_least_1{.low = 1};
constexpr Range above_0{.low = 0, .above = true};

void below_1(TomlTable& table, const std::string& key, double& value) {
  table.read(key, value, {.low = 0, .high = 1});
  if (value >= 1) table.refuse(key, "a number of at least 0 and below 1");
}

ModelRecipe read_model(TomlTable& table, ModelRecipe model, const std::string& task) {
  std::vector<std::string> archs = weights::published_variants();
  archs.insert(archs.end(), {"eva_x", "vit"});
  table.read("arch", model.arch, archs);
  table.read("image_size", model.image_size, at_least_1);
  table.read("init", model.init);
  if (task == "segment") table.read("frozen", model.frozen, {.low = 0, .high = 64});
  const weights::ModelConfig config = model_config(model, 0);
  if (!config.is_transformer()) {
    if (task == "pretrain") table.refuse("arch", "EVA-X or a ViT for pre-training");
    for (const char* key : {"embed_dim", "depth", "num_heads", "mlp_hidden", "drop_path",
                            "stop_grad_conv1", "checkpoint_blocks", "pool", "fc_norm"})
      if (table.has(key)) table.refuse(key, "no such key for " + model.arch);
    return model;
  }
  table.read("embed_dim", model.embed_dim, at_least_1);
  table.read("depth", model.depth, at_least_1);
  table.read("num_heads", model.num_heads, at_least_1);
  table.read("mlp_hidden", model.mlp_hidden, at_least_1);
  below_1(table, "drop_path", model.drop_path);
  table.read("stop_grad_conv1", model.stop_grad_conv1);
  table.read("checkpoint_blocks", model.checkpoint_blocks);
  if (config.is_eva_x()) {
    table.read("sub_ln", model.sub_ln);
    table.read("qkv_split", model.qkv_split);
    table.read("rope_ref_grid", model.rope_ref_grid, at_least_1);
    if (task == "classify") table.read("fc_norm", model.fc_norm, {"from_norm", "fresh"});
  } else if (task != "segment") {
    table.read("pool", model.pool, {"avg", "token"});
  }
  if (task == "pretrain") table.read("lm_head", model.lm_head, {"keep", "fresh"});
  return model;
}

TeacherRecipe read_teacher(TomlTable& table, TeacherRecipe teacher) {
  table.read("target", teacher.target, {"tokens", "pixels"});
  table.read("model", teacher.model);
  table.read("normalization", teacher.normalization, {"corpus", "own"});
  table.read("patch", teacher.patch, {"view", "kernel"});
  table.read("backend", teacher.backend, {"auto", "engine", "torch"});
  table.read("num_heads", teacher.num_heads, at_least_0);
  if (teacher.target == "pixels" && !teacher.model.empty())
    table.refuse("model", "none for target = \"pixels\"");
  if (teacher.target == "tokens" && teacher.model.empty())
    table.refuse("model", "a model file or checkpoint (or target = \"pixels\")");
  return teacher;
}

data::MaskConfig read_mask(TomlTable& table, data::MaskConfig mask) {
  table.read("kind", mask.kind, {"block", "random", "alternating"});
  table.read("patches", mask.patches);
  table.read("min_patches", mask.min_patches);
  return mask;
}

ProbeRecipe read_probe(TomlTable& table, ProbeRecipe probe) {
  table.read("every", probe.every, at_least_1);
  table.read("neighbours", probe.neighbours, at_least_1);
  if (!probe.data.kind.empty() || table.has("data"))
    probe.data = data::read_data_config(table.table("data"), probe.data);
  return probe;
}

DecoderRecipe read_decoder(TomlTable& table, DecoderRecipe decoder) {
  table.read("channels", decoder.channels, at_least_1);
  below_1(table, "dropout", decoder.dropout);
  below_1(table, "threshold", decoder.threshold);
  return decoder;
}

SegmentationLoss read_loss(TomlTable& table, SegmentationLoss loss) {
  table.read("bce", loss.bce, at_least_0);
  table.read("focal", loss.focal, at_least_0);
  table.read("dice", loss.dice, at_least_0);
  table.read("focal_gamma", loss.focal_gamma, at_least_0);
  table.read("focal_alpha", loss.focal_alpha, {.low = 0, .high = 1});
  if (loss.bce + loss.focal + loss.dice == 0)
    table.refuse("bce", "a positive weight where focal and dice are 0");
  return loss;
}

OptimRecipe read_optim(TomlTable& table, OptimRecipe optim, const std::string& task) {
  table.read("optimizer", optim.optimizer, {"adamw", "sgd"});
  table.read("lr", optim.lr, above_0);
  table.read("betas", optim.betas, {.low = 0, .high = 1});
  table.read("eps", optim.eps, above_0);
  below_1(table, "momentum", optim.momentum);
  table.read("weight_decay", optim.weight_decay, at_least_0);
  table.read("layer_decay", optim.layer_decay, {.low = 0, .high = 1, .above = true});
  table.read("clip_grad", optim.clip_grad, at_least_0);
  table.read("schedule", optim.schedule, {"constant", "cosine", "linear", "poly"});
  table.read("poly_power", optim.poly_power, above_0);
  table.read("poly_by", optim.poly_by, {"step", "epoch"});
  table.read("warmup_epochs", optim.warmup_epochs, at_least_0);
  table.read("warmup_steps", optim.warmup_steps, at_least_0);
  table.read("warmup_ratio", optim.warmup_ratio, {.low = 0, .high = 1});
  table.read("warmup_inclusive", optim.warmup_inclusive);
  table.read("min_lr", optim.min_lr, at_least_0);
  auto epochs = static_cast<int64_t>(optim.epochs);
  table.read("epochs", epochs, {.low = task == "pretrain" ? 0.0 : 1.0, .high = 1e6});
  optim.epochs = static_cast<double>(epochs);
  table.read("steps", optim.steps, at_least_0);
  table.read("batch_size", optim.batch_size, {.low = 1, .high = 1 << 20});
  table.read("accumulate", optim.accumulate, {.low = 1, .high = 1 << 20});
  if (task == "classify") {
    below_1(table, "label_smoothing", optim.label_smoothing);
    table.read("class_weights", optim.class_weights, above_0);
  }
  below_1(table, "ema", optim.ema);
  table.read("loss_mean", optim.loss_mean, {"global", "local"});
  return optim;
}

RunRecipe read_run(TomlTable& table, RunRecipe run) {
  table.read("seed", run.seed);
  table.read("device", run.device);
  static const std::regex devices("auto|cpu|cuda(:[0-9]{1,3})?");
  if (!std::regex_match(run.device, devices))
    table.refuse("device", "auto, cpu, cuda or cuda:NUMBER");
  table.read("precision", run.precision, {"auto", "fp32", "bf16", "fp16"});
  table.read("eval_every", run.eval_every, at_least_1);
  table.read("protocol", run.protocol, {"validation", "paper"});
  table.read("repeats", run.repeats, {.low = 1, .high = 1000});
  table.read("checkpoint_minutes", run.checkpoint_minutes, at_least_0);
  table.read("checkpoint_steps", run.checkpoint_steps, at_least_0);
  table.read("threads", run.threads, {.low = 0, .high = 4096});
  table.read("log_seconds", run.log_seconds, above_0);
  table.read("timeout_seconds", run.timeout_seconds, above_0);
  return run;
}

void read_task(TomlTable& root, std::string& task) {
  root.read("task", task, {"pretrain", "classify", "segment"});
}

/// The one list of keys: reads over `recipe` what `root` says, in the order of recipe.toml.
Recipe read_recipe(TomlTable& root, Recipe recipe) {
  read_task(root, recipe.task);
  recipe.model = read_model(root.table("model"), recipe.model, recipe.task);
  recipe.data = data::read_data_config(root.table("data"), recipe.data);
  recipe.preprocess = data::read_preprocess(root.table("preprocess"), recipe.preprocess);
  recipe.augment = data::read_augment_config(root.table("augment"), recipe.augment);
  if (recipe.task == "pretrain") {
    recipe.teacher = read_teacher(root.table("teacher"), recipe.teacher);
    recipe.mask = read_mask(root.table("mask"), recipe.mask);
    recipe.probe = read_probe(root.table("probe"), recipe.probe);
  }
  if (recipe.task == "segment") {
    recipe.decoder = read_decoder(root.table("decoder"), recipe.decoder);
    recipe.loss = read_loss(root.table("loss"), recipe.loss);
  }
  recipe.optim = read_optim(root.table("optim"), recipe.optim, recipe.task);
  recipe.run = read_run(root.table("run"), recipe.run);
  TomlTable& provenance = root.table("provenance");
  provenance.read("data", recipe.provenance.data);
  provenance.read("licence", recipe.provenance.licence);
  provenance.read("note", recipe.provenance.note);
  return recipe;
}

/// A published network has the sizes that it has.
void check_sizes(const ModelRecipe& model, const TomlTable& table) {
  ModelRecipe published = model;
  set_published_sizes(published);
  const auto same = [&](const char* key, auto found, auto expected) {
    if (found != expected)
      table.refuse(key, fmt::format("{} of {} (arch = \"{}\" takes any)", expected, model.arch,
                                    model_config(model, 0).arch));
  };
  same("embed_dim", model.embed_dim, published.embed_dim);
  same("depth", model.depth, published.depth);
  same("num_heads", model.num_heads, published.num_heads);
  same("mlp_hidden", model.mlp_hidden, published.mlp_hidden);
  same("sub_ln", model.sub_ln, published.sub_ln);
  same("qkv_split", model.qkv_split, published.qkv_split);
}

/// What no key can be asked alone.
void check_recipe(const Recipe& recipe, TomlTable& root) {
  check_sizes(recipe.model, root.table("model"));
  check_config(model_config(recipe, recipe.task == "segment" ? 1 : 0), root.table("model").name());
  if (recipe.preprocess.crop != recipe.model.image_size)
    fail("{}: preprocess.crop: expected the model's image_size of {}, found {}", root.name(),
         recipe.model.image_size, recipe.preprocess.crop);
  if (recipe.task == "pretrain") {
    data::check_mask(recipe.mask, model_config(recipe.model, 0).grid());
    if (recipe.augment.policy == "timm")
      root.table("augment").refuse("policy", "pretrain or none in pre-training");
  }
  if (recipe.task == "segment") data::make_segment_transform(recipe.augment, recipe.preprocess);
  const OptimRecipe& optim = recipe.optim;
  TomlTable& table = root.table("optim");
  if (!model_config(recipe.model, 0).is_transformer() && optim.layer_decay != 1)
    table.refuse("layer_decay", fmt::format("1 (none) for {}", recipe.model.arch));
  if (optim.betas.size() != 2 || std::max(optim.betas[0], optim.betas[1]) >= 1)
    table.refuse("betas", "two numbers below 1");
  if (optim.min_lr > optim.lr)
    table.refuse("min_lr", fmt::format("at most the lr of {}", optim.lr));
  if (optim.steps == 0 && optim.warmup_steps == 0 && optim.warmup_epochs > optim.epochs)
    table.refuse("warmup_epochs", fmt::format("at most the {} epochs", optim.epochs));
  if (optim.steps > 0 && optim.warmup_steps > optim.steps)
    table.refuse("warmup_steps", fmt::format("at most the {} steps", optim.steps));
}

TomlTable resolved(Recipe recipe) {
  set_published_sizes(recipe.model);
  TomlTable root;
  read_recipe(root, recipe);
  return root;
}

Recipe read_document(TomlTable root) {
  std::string task = "classify";
  read_task(root, task);
  // In the order of recipe.toml, whatever the defaults look up first.
  for (const char* name : {"model", "data", "preprocess", "augment"}) root.table(name);
  if (task == "pretrain")
    for (const char* name : {"teacher", "mask", "probe"}) root.table(name);
  if (task == "segment")
    for (const char* name : {"decoder", "loss"}) root.table(name);
  for (const char* name : {"optim", "run", "provenance"}) root.table(name);
  const Recipe recipe = read_recipe(root, default_recipe(root));
  root.finish();
  check_recipe(recipe, root);
  return recipe;
}

}  // namespace

Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides) {
  return read_document(TomlTable::read_file(path, overrides));
}

Recipe parse_recipe(const std::string& toml, const std::string& name,
                    const std::vector<std::string>& overrides) {
  return read_document(TomlTable::parse(toml, name, overrides));
}

std::string to_toml(const Recipe& recipe) { return resolved(recipe).text(); }

std::vector<std::string> difference(const Recipe& before, const Recipe& after) {
  const auto old_entries = resolved(before).entries();
  const auto new_entries = resolved(after).entries();
  const std::map<std::string, std::string> old_values(old_entries.begin(), old_entries.end());
  const std::map<std::string, std::string> new_values(new_entries.begin(), new_entries.end());
  const auto value = [](const auto& values, const std::string& key) -> std::string {
    const auto found = values.find(key);
    return found == values.end() ? "(none)" : found->second;
  };
  std::vector<std::string> lines;
  for (const auto& [key, text] : old_entries)
    if (const std::string now = value(new_values, key); now != text)
      lines.push_back(fmt::format("{}: {} -> {}", key, text, now));
  for (const auto& [key, text] : new_entries)
    if (!old_values.contains(key)) lines.push_back(fmt::format("{}: (none) -> {}", key, text));
  return lines;
}

weights::ModelConfig model_config(const ModelRecipe& recipe, int classes) {
  ModelRecipe sizes = recipe;
  set_published_sizes(sizes);
  const auto published = weights::published_config(recipe.arch);
  weights::ModelConfig config;
  config.arch = published ? published->arch : recipe.arch;
  config.image_size = recipe.image_size;
  config.embed_dim = sizes.embed_dim;
  config.depth = sizes.depth;
  config.num_heads = sizes.num_heads;
  config.mlp_hidden = sizes.mlp_hidden;
  config.sub_ln = sizes.sub_ln;
  config.qkv_split = sizes.qkv_split;
  config.rope_ref_grid = recipe.rope_ref_grid;
  config.pool = recipe.pool;
  config.num_classes = classes;
  config.variant = variant_of(config);
  return config;
}

weights::ModelConfig model_config(const Recipe& recipe, int classes) {
  weights::ModelConfig config = model_config(recipe.model, classes);
  if (recipe.task != "segment") return config;
  config.decoder = weights::default_decoder(config);
  config.decoder->channels = recipe.decoder.channels;
  return config;
}

}  // namespace evax::train
