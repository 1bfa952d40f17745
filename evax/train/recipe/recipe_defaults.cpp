#include "evax/train/recipe/recipe_defaults.h"

#include <algorithm>
#include <cmath>

#include "evax/weights/convert/presets.h"

namespace evax::train {
namespace {

// The original's three networks differ in how long they are trained (spec C.1).
int cxr14_epochs(const std::string& arch) {
  if (arch == "eva_x_tiny") return 45;
  return arch == "eva_x_base" ? 10 : 30;
}

// Its CheXpert epochs are a twentieth of the data each (spec C.5); only protocol = "paper" has
// those.
int chexpert_epochs(bool tiny, bool paper) {
  const int whole = tiny ? 5 : 3;
  return paper ? 20 * whole : whole;
}

void set_cxr14(Recipe& recipe) {
  recipe.augment.policy = "timm";
  recipe.optim.epochs = cxr14_epochs(recipe.model.arch);
  recipe.optim.warmup_epochs = 5;
  recipe.optim.batch_size = recipe.model.arch == "eva_x_base" ? 128 : 256;
  recipe.run.eval_every = 5;
}

void set_chexpert(Recipe& recipe) {
  const bool tiny = recipe.model.arch == "eva_x_tiny";
  recipe.data.label_policy = tiny ? "eva_x_smooth" : "eva_x";
  recipe.model.stop_grad_conv1 = tiny;
  recipe.model.drop_path = tiny ? 0.2 : 0.15;
  recipe.optim.epochs = chexpert_epochs(tiny, recipe.run.protocol == "paper");
}

void set_covidx(Recipe& recipe) {
  recipe.model.image_size = 480;
  recipe.optim.epochs = 10;
  recipe.optim.warmup_epochs = 1;
  recipe.optim.batch_size = 128;
}

// The original has no such data: ChestX-ray14's way with batches for one machine.
void set_own_data(Recipe& recipe) {
  set_cxr14(recipe);
  recipe.optim.epochs = 30;
  recipe.optim.batch_size = 64;
  recipe.run.eval_every = 1;
}

void set_kind(Recipe& recipe) {
  const std::string& kind = recipe.data.kind;
  if (kind == "cxr14") return set_cxr14(recipe);
  if (kind == "chexpert") return set_chexpert(recipe);
  if (kind == "covidx3" || kind == "covidx4") return set_covidx(recipe);
  set_own_data(recipe);
}

// What the original trains its baselines with, on ChestX-ray14 (spec C.1). Only transformers have
// drop path and layer-wise decay.
void set_baseline(Recipe& recipe, bool transformer) {
  recipe.optim.lr = 2.5e-4;
  recipe.optim.schedule = "cosine";
  recipe.optim.min_lr = 1e-5;
  recipe.optim.layer_decay = transformer ? 0.55 : 1;
  if (!transformer) recipe.model.drop_path = 0;
  recipe.model.stop_grad_conv1 = false;
  if (recipe.data.kind != "cxr14") return;
  recipe.optim.epochs = 75;
  recipe.optim.batch_size = 256;
}

// Global batch of pre-training on one process (spec B.6; the article gives none).
constexpr int pretraining_batch = 2048;

// Spec B.1, B.2, B.6: the article's numbers, EVA-02's where it is silent.
void set_pretraining(Recipe& recipe, TomlTable& root) {
  ModelRecipe& model = recipe.model;
  model.drop_path = 0;
  model.stop_grad_conv1 = true;
  recipe.data.val_fraction = 0;
  recipe.data.labels = false;
  recipe.augment.policy = "pretrain";
  recipe.augment.auto_augment = "";
  recipe.augment.crop_scale_min = 0.2;

  OptimRecipe& optim = recipe.optim;
  optim.lr = 3e-4;
  optim.betas = {0.9, 0.98};
  optim.eps = 1e-6;
  optim.layer_decay = 1;
  optim.clip_grad = 3;
  optim.schedule = "cosine";
  optim.min_lr = 1e-5;
  optim.warmup_epochs = 1;
  optim.warmup_inclusive = true;
  optim.epochs = model.arch == "eva_x_tiny" ? 900 : 600;
  optim.batch_size = 256;
  OptimRecipe asked = optim;
  root.table("optim").read("batch_size", asked.batch_size);
  optim.accumulate = std::max(1, pretraining_batch / std::max(1, asked.batch_size));
  recipe.run.eval_every = 10;
}

// Spec D.2, D.6: the official code's numbers for lungs and pneumonia.
void set_segmentation(Recipe& recipe) {
  const bool transformer = model_config(recipe.model, 0).is_transformer();
  recipe.model.image_size = weights::segmentation_size;
  recipe.model.drop_path = transformer ? 0.15 : 0;
  recipe.augment.policy = "segment";
  recipe.augment.auto_augment = "";

  OptimRecipe& optim = recipe.optim;
  optim.lr = 6e-5;
  optim.layer_decay = transformer ? 0.85 : 1;
  optim.schedule = "poly";
  optim.poly_by = "epoch";
  optim.warmup_steps = 10;
  optim.warmup_ratio = 1e-6;
  optim.epochs = 10;
  optim.batch_size = 4;
  recipe.run.eval_every = 2;
}

// What follows from the number of patches.
void set_grid(Recipe& recipe, int grid) {
  constexpr double share = 0.3;
  constexpr double original_patches = 14 * 14;
  const int patches = grid * grid;
  recipe.model.rope_ref_grid =
      std::max(1, grid);  // spec B.7; an image smaller than a patch is refused later
  recipe.mask.patches = std::max(1, static_cast<int>(std::lround(share * patches)));
  recipe.mask.min_patches = std::clamp(
      static_cast<int>(std::lround(recipe.mask.min_patches * patches / original_patches)), 1,
      recipe.mask.min_patches);
}

}  // namespace

Recipe default_recipe(TomlTable& root) {
  Recipe recipe;
  root.read("task", recipe.task);
  const bool pretraining = recipe.task == "pretrain";
  const bool segmenting = recipe.task == "segment";
  TomlTable& model = root.table("model");
  TomlTable& optim = root.table("optim");
  model.read("arch", recipe.model.arch);
  root.table("data").read("kind", recipe.data.kind);
  root.table("run").read("protocol", recipe.run.protocol);
  if (pretraining)
    set_pretraining(recipe, root);
  else if (segmenting)
    set_segmentation(recipe);
  else
    set_kind(recipe);

  set_published_sizes(recipe.model);
  const weights::ModelConfig config = model_config(recipe.model, 0);
  if (!pretraining && !segmenting && !config.is_eva_x())
    set_baseline(recipe, config.is_transformer());
  Recipe asked = recipe;
  model.read("image_size", asked.model.image_size);
  const weights::ModelConfig wanted = model_config(asked, segmenting ? 1 : 0);
  if (pretraining) set_grid(recipe, wanted.grid());
  recipe.preprocess = default_preprocess(wanted, pretraining ? "pretrained" : recipe.data.kind);

  // A training shorter than the original's warms up for half of its epochs at most.
  optim.read("epochs", asked.optim.epochs);
  optim.read("steps", asked.optim.steps);
  recipe.optim.warmup_epochs =
      asked.optim.steps > 0 ? 0 : std::min(recipe.optim.warmup_epochs, asked.optim.epochs / 2);
  if (asked.optim.steps > 0)
    recipe.optim.warmup_steps = std::min(recipe.optim.warmup_steps, asked.optim.steps / 2);
  return recipe;
}

void set_published_sizes(ModelRecipe& model) {
  const auto sizes = weights::published_config(model.arch);
  if (!sizes) return;
  model.embed_dim = sizes->embed_dim;
  model.depth = sizes->depth;
  model.num_heads = sizes->num_heads;
  model.mlp_hidden = sizes->mlp_hidden;
  model.sub_ln = sizes->sub_ln;
  model.qkv_split = sizes->qkv_split;
}

}  // namespace evax::train
