#include "evax/train/recipe_defaults.h"

#include <algorithm>

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

}  // namespace

Recipe default_recipe(TomlTable& root) {
  Recipe recipe;
  TomlTable& model = root.table("model");
  TomlTable& optim = root.table("optim");
  model.read("arch", recipe.model.arch);
  root.table("data").read("kind", recipe.data.kind);
  root.table("run").read("protocol", recipe.run.protocol);
  set_kind(recipe);

  set_published_sizes(recipe.model);
  const weights::ModelConfig config = model_config(recipe.model, 0);
  if (!config.is_eva_x()) set_baseline(recipe, config.is_transformer());
  Recipe asked = recipe;
  model.read("image_size", asked.model.image_size);
  recipe.preprocess = default_preprocess(model_config(asked.model, 0), recipe.data.kind);

  // A training shorter than the original's warms up for half of its epochs at most.
  optim.read("epochs", asked.optim.epochs);
  optim.read("steps", asked.optim.steps);
  recipe.optim.warmup_epochs =
      asked.optim.steps > 0 ? 0 : std::min(recipe.optim.warmup_epochs, asked.optim.epochs / 2);
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
