#include "evax/train/recipe/recipe.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "evax/core/error.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

Recipe parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_recipe(text, "r.toml", overrides);
}

Recipe for_kind(const std::string& kind, const std::string& arch,
                const std::string& protocol = "validation") {
  return parse("", {"data.kind=" + kind, "model.arch=" + arch, "run.protocol=" + protocol});
}

std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse(text, overrides);
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

// Spec C.1, column by column.
TEST(Recipe, DefaultsAreTheOriginals) {
  struct Row {
    const char *kind, *arch, *protocol;
    double epochs, warmup, drop_path;
    int batch, size, eval_every;
    bool stop_grad;
    const char *policy, *labels;
    int resize;
  };
  const Row rows[] = {
      {"cxr14", "eva_x_tiny", "paper", 45, 5, .2, 256, 224, 5, false, "timm", "", 256},
      {"cxr14", "eva_x_small", "paper", 30, 5, .2, 256, 224, 5, false, "timm", "", 256},
      {"cxr14", "eva_x_base", "paper", 10, 5, .2, 128, 224, 5, false, "timm", "", 256},
      {"chexpert", "eva_x_tiny", "paper", 100, 0, .2, 256, 224, 1, true, "none", "eva_x_smooth",
       224},
      {"chexpert", "eva_x_small", "paper", 60, 0, .15, 256, 224, 1, false, "none", "eva_x", 256},
      {"chexpert", "eva_x_tiny", "validation", 5, 0, .2, 256, 224, 1, true, "none", "eva_x_smooth",
       224},
      {"chexpert", "eva_x_small", "validation", 3, 0, .15, 256, 224, 1, false, "none", "eva_x",
       256},
      {"covidx3", "eva_x_small", "paper", 10, 1, .2, 128, 480, 1, false, "none", "", 480},
      {"covidx4", "eva_x_small", "paper", 10, 1, .2, 128, 480, 1, false, "none", "", 480},
      {"csv", "eva_x_small", "validation", 30, 5, .2, 64, 224, 1, false, "timm", "", 256},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.kind) + " " + row.arch);
    const Recipe recipe = for_kind(row.kind, row.arch, row.protocol);
    EXPECT_EQ(recipe.optim.epochs, row.epochs);
    EXPECT_EQ(recipe.optim.warmup_epochs, row.warmup);
    EXPECT_EQ(recipe.optim.lr, 1e-3);
    EXPECT_EQ(recipe.optim.schedule, "constant");
    EXPECT_EQ(recipe.optim.layer_decay, .55);
    EXPECT_EQ(recipe.optim.weight_decay, .05);
    EXPECT_EQ(recipe.optim.batch_size, row.batch);
    EXPECT_EQ(recipe.optim.clip_grad, 0);
    EXPECT_EQ(recipe.model.drop_path, row.drop_path);
    EXPECT_EQ(recipe.model.image_size, row.size);
    EXPECT_EQ(recipe.model.stop_grad_conv1, row.stop_grad);
    EXPECT_EQ(recipe.augment.policy, row.policy);
    EXPECT_EQ(recipe.augment.erase, 0);
    EXPECT_EQ(recipe.augment.mixup, 0);
    EXPECT_EQ(recipe.data.label_policy, row.labels);
    EXPECT_EQ(recipe.preprocess.resize[0], row.resize);
    EXPECT_EQ(recipe.preprocess.crop, row.size);
    EXPECT_EQ(recipe.preprocess.mean[0], 0.49185243F);
    EXPECT_EQ(recipe.preprocess.std[2], 0.28509309F);
    EXPECT_EQ(recipe.run.eval_every, row.eval_every);
  }
}

TEST(Recipe, DefaultsFollowWhatTheRecipeSays) {
  EXPECT_EQ(parse("", {"data.kind=cxr14", "optim.epochs=2"}).optim.warmup_epochs, 1);
  EXPECT_EQ(parse("", {"data.kind=cxr14", "optim.steps=100"}).optim.warmup_epochs, 0);
  EXPECT_EQ(
      parse("", {"data.kind=cxr14", "optim.epochs=2", "optim.warmup_epochs=2"}).optim.warmup_epochs,
      2);
  const Recipe small = parse("", {"data.kind=covidx3", "model.image_size=224"});
  EXPECT_EQ(small.preprocess.resize[0], 256);
  EXPECT_EQ(small.preprocess.crop, 224);
}

TEST(Recipe, TheResolvedTextReadsBackAsTheSame) {
  const Recipe recipe = parse(R"(
[model]
arch = "eva_x"
embed_dim = 128
depth = 3
num_heads = 2
mlp_hidden = 300
image_size = 64
init = "a \"b\".safetensors"
[data]
kind = "csv"
images = "data/x"
classes = ["a", "b"]
split = {patient_column = "patient", val = 0.1, test = 0.3, seed = 9}
[augment]
auto_augment = ""
[optim]
lr = 3e-5
betas = [0.9, 0.98]
class_weights = [1, 2.5]
[run]
seed = 9223372036854775807
device = "cuda:3"
)");
  const std::string text = to_toml(recipe);
  const Recipe again = parse_recipe(text, "again");
  EXPECT_EQ(to_toml(again), text);
  EXPECT_TRUE(difference(recipe, again).empty());
  EXPECT_EQ(again.run.seed, 9223372036854775807U);
  EXPECT_EQ(again.optim.class_weights, (std::vector<double>{1, 2.5}));
  ASSERT_TRUE(again.data.split);
  EXPECT_EQ(again.data.split->test, 0.3);
  EXPECT_EQ(again.model.init, "a \"b\".safetensors");
  EXPECT_EQ(again.preprocess.mean, recipe.preprocess.mean);
}

TEST(Recipe, DifferenceNamesEveryKeyThatDiffers) {
  const Recipe before = parse("", {"data.kind=csv"});
  const Recipe after =
      parse("", {"data.kind=csv", "optim.lr=1e-4", "data.classes=['a']", "data.split.val=0.2"});
  EXPECT_EQ(difference(before, after),
            (std::vector<std::string>{
                "data.classes: [] -> [\"a\"]", "optim.lr: 0.001 -> 0.0001",
                "data.split.patient_column: (none) -> \"\"", "data.split.val: (none) -> 0.2",
                "data.split.test: (none) -> 0.2", "data.split.seed: (none) -> 0"}));
  EXPECT_TRUE(difference(before, before).empty());
}

TEST(Recipe, ModelConfigIsTheNetworkOfTheRecipe) {
  ModelRecipe recipe;
  recipe.arch = "eva_x_base";
  recipe.image_size = 480;
  const weights::ModelConfig base = model_config(recipe, 14);
  EXPECT_EQ(base.variant, "eva_x_base");
  EXPECT_EQ(base.embed_dim, 768);
  EXPECT_EQ(base.mlp_hidden, 2048);
  EXPECT_TRUE(base.sub_ln && base.qkv_split);
  EXPECT_EQ(base.tokens(), 901);
  EXPECT_EQ(base.num_classes, 14);
  recipe = {};
  recipe.arch = "eva_x";
  recipe.embed_dim = 128;
  recipe.num_heads = 2;
  recipe.depth = 2;
  recipe.mlp_hidden = 128;
  recipe.rope_ref_grid = 7;
  EXPECT_EQ(model_config(recipe, 0).variant, "eva_x");
  EXPECT_EQ(model_config(recipe, 0).rope_ref_grid, 7);
}

// Spec B.1, B.2, B.6, B.7.
TEST(Recipe, DefaultsOfPretrainingAreTheArticlesOrEva02s) {
  const auto pretrain = [](std::vector<std::string> overrides) {
    overrides.insert(overrides.end(), {"task=pretrain", "data.kind=csv", "teacher.model=t.pt"});
    return parse("", overrides);
  };
  const Recipe recipe = pretrain({});
  EXPECT_EQ(recipe.optim.lr, 3e-4);
  EXPECT_EQ(recipe.optim.batch_size * recipe.optim.accumulate, 2048);
  EXPECT_EQ(recipe.optim.betas, (std::vector<double>{0.9, 0.98}));
  EXPECT_EQ(recipe.optim.eps, 1e-6);
  EXPECT_EQ(recipe.optim.weight_decay, 0.05);
  EXPECT_EQ(recipe.optim.layer_decay, 1);
  EXPECT_EQ(recipe.optim.clip_grad, 3);
  EXPECT_EQ(recipe.optim.schedule, "cosine");
  EXPECT_EQ(recipe.optim.warmup_epochs, 1);
  EXPECT_TRUE(recipe.optim.warmup_inclusive);
  EXPECT_EQ(recipe.optim.min_lr, 1e-5);
  EXPECT_EQ(recipe.optim.epochs, 600);
  EXPECT_EQ(pretrain({"model.arch=eva_x_tiny"}).optim.epochs, 900);
  EXPECT_EQ(recipe.model.drop_path, 0);
  EXPECT_TRUE(recipe.model.stop_grad_conv1);
  EXPECT_EQ(recipe.mask.kind, "block");
  EXPECT_EQ(recipe.mask.patches, 59);
  EXPECT_EQ(recipe.mask.min_patches, 16);
  EXPECT_EQ(recipe.augment.policy, "pretrain");
  EXPECT_EQ(recipe.augment.crop_scale_min, 0.2);
  EXPECT_EQ(recipe.augment.crop_scale_max, 1);
  EXPECT_EQ(recipe.augment.flip, 0.5);
  EXPECT_EQ(recipe.teacher.normalization, "corpus");
  EXPECT_EQ(recipe.teacher.patch, "view");
  EXPECT_EQ(recipe.preprocess.crop, 224);
  EXPECT_NEAR(recipe.preprocess.mean[0], 0.49185243, 1e-7);
  EXPECT_EQ(recipe.model.rope_ref_grid, 14);

  const Recipe small = pretrain({"model.image_size=112", "optim.batch_size=64"});
  EXPECT_EQ(small.model.rope_ref_grid, 7);
  EXPECT_EQ(small.mask.patches, 15);
  EXPECT_EQ(small.mask.min_patches, 4);
  EXPECT_EQ(small.optim.accumulate, 32);
}

// Spec D.3, D.6.
TEST(Recipe, SegmentationStartsFromTheOriginalsNumbers) {
  const Recipe recipe = parse("", {"task=segment", "data.kind=csv"});
  EXPECT_EQ(recipe.model.image_size, 512);
  EXPECT_EQ(recipe.preprocess.crop, 512);
  EXPECT_EQ(recipe.model.drop_path, 0.15);
  EXPECT_EQ(recipe.optim.lr, 6e-5);
  EXPECT_EQ(recipe.optim.layer_decay, 0.85);
  EXPECT_EQ(recipe.optim.schedule, "poly");
  EXPECT_EQ(recipe.optim.poly_by, "epoch");
  EXPECT_EQ(recipe.optim.warmup_steps, 10);
  EXPECT_EQ(recipe.optim.batch_size, 4);
  EXPECT_EQ(parameter_count(model_config(recipe, 1)), 31'823'105);  // spec D.4
  const Recipe unet = parse("", {"task=segment", "data.kind=csv", "model.arch=resnet50"});
  EXPECT_EQ(unet.optim.layer_decay, 1);
  EXPECT_EQ(model_config(unet, 1).decoder->kind, "unet");
}

TEST(Recipe, BadInputGetsOneSentence) {
  const std::string csv = "[data]\nkind = 'csv'\n";
  const std::pair<std::string, const char*> bad[] = {
      {"task = 'segment'\n" + csv + "[loss]\nbce = 0",
       "r.toml line 5: loss.bce: expected a positive weight where focal and dice are 0, found 0"},
      {"task = 'segment'\n" + csv + "[augment]\npolicy = 'timm'",
       "augment.policy: expected segment or none for masks, found \"timm\""},
      {"task = 'segment'\n[model]\narch = 'densenet121'\n" + csv,
       "r.toml: model: expected an encoder of segmentation, found arch 'densenet121'"},
      {csv + "[optim]\nbatchsize = 1",
       "r.toml line 4: unknown key 'optim.batchsize'; the nearest valid key is 'optim.batch_size'"},
      {csv + "[teacher]\nmodel = 'x'",
       "r.toml line 4: unknown key 'teacher.model'; the nearest valid key is 'model'"},
      {csv + "[optim]\nlr = 0", "r.toml line 4: optim.lr: expected a number above 0, found 0"},
      {csv + "[optim]\nlr = 'fast'",
       "r.toml line 4: optim.lr: expected a number above 0, found 'fast'"},
      {csv + "[optim]\nbetas = [0.9]",
       "r.toml line 4: optim.betas: expected two numbers below 1, found a list of 1"},
      {csv + "[optim]\nepochs = 1.5",
       "r.toml line 4: optim.epochs: expected a whole number between 1 and 1000000, found 1.5"},
      {csv + "[optim]\nepochs = 2\nwarmup_epochs = 3",
       "r.toml line 5: optim.warmup_epochs: expected at most the 2 epochs, found 3"},
      {csv + "[optim]\nmin_lr = 1",
       "r.toml line 4: optim.min_lr: expected at most the lr of 0.001, found 1"},
      {csv + "[optim]\nema = 1",
       "r.toml line 4: optim.ema: expected a number of at least 0 and below 1, found 1"},
      {csv + "[optim]\nbatch_size = 0",
       "r.toml line 4: optim.batch_size: expected a whole number between 1 and 1048576, found 0"},
      {csv + "[run]\ndevice = 'tpu'",
       "r.toml line 4: run.device: expected auto, cpu, cuda or cuda:NUMBER, found 'tpu'"},
      {csv + "[run]\nprotocol = 'test'",
       "r.toml line 4: run.protocol: expected one of validation, paper, found 'test'"},
      {csv + "[model]\narch = 'vgg16'",
       "r.toml line 4: model.arch: expected one of eva_x_tiny, eva_x_small, eva_x_base, vit_tiny, "
       "vit_small, vit_base, resnet50, densenet121, eva_x, vit, found 'vgg16'"},
      {csv + "[optim]\nlayer_decay = 0.5\n[model]\narch = 'resnet50'",
       "r.toml line 4: optim.layer_decay: expected 1 (none) for resnet50, found 0.5"},
      {csv + "[model]\narch = 'densenet121'\ndrop_path = 0.1",
       "r.toml line 5: model.drop_path: expected no such key for densenet121, found 0.1"},
      {csv + "[model]\ndepth = 3",
       "r.toml line 4: model.depth: expected 12 of eva_x_small (arch = \"eva_x\" takes any), "
       "found 3"},
      {csv + "[model]\nimage_size = 225",
       "r.toml: model: expected an image_size that is a multiple of the patch_size 16, found 225"},
      {csv + "[model]\narch = 'eva_x'",
       "r.toml: model: expected embed_dim between 1 and 16384, found 0"},
      {csv + "[preprocess]\ncrop = 112",
       "r.toml: preprocess.crop: expected the model's image_size of 224, found 112"},
      {"",
       "r.toml: expected data.kind = one of cxr14, chexpert, covidx3, covidx4, csv, folder, "
       "shards, merged, found none"},
  };
  for (const auto& [text, sentence] : bad) EXPECT_EQ(refusal(text), sentence) << text;
  EXPECT_EQ(refusal(csv, {"run.precison=bf16"}),
            "run.precison=bf16: unknown key 'run.precison'; the nearest valid key is "
            "'run.precision'");
  try {
    load_recipe("no/such.toml", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no/such.toml"), std::string::npos);
  }
}

void add_keys(const std::string& recipe, std::set<std::string>& keys) {
  std::string table;
  std::istringstream text(recipe);
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("["))
      table = line.substr(1, line.size() - 2) + ".";
    else if (const size_t equals = line.find(" = "); equals != std::string::npos)
      keys.insert(table + line.substr(0, equals));
  }
}

// EVA-X and ViT have keys of their own, and a split shows the optional ones.
std::set<std::string> keys_of_recipe() {
  std::set<std::string> keys;
  for (const char* arch : {"model.arch=eva_x_small", "model.arch=vit_small"})
    add_keys(to_toml(parse("", {"data.kind=csv", "data.split.val=0.1", arch})), keys);
  add_keys(to_toml(parse("", {"task=segment", "data.kind=csv"})), keys);
  add_keys(to_toml(parse("", {"task=pretrain", "data.kind=csv", "teacher.target=pixels"})), keys);
  return keys;
}

TEST(Recipe, EveryKeyIsDocumented) {
  std::ifstream file(fs::path(EVAX_SOURCE_DIR) / "docs/recipes.md");
  ASSERT_TRUE(file);
  std::set<std::string> documented;
  static const std::regex row(R"(\| `([a-z0-9_.]+)` \|.*)");
  std::smatch match;
  for (std::string line; std::getline(file, line);)
    if (std::regex_match(line, match, row)) documented.insert(match[1]);
  EXPECT_EQ(documented, keys_of_recipe());
}

TEST(Recipe, TheOriginalsRecipesAreTheDefaults) {
  for (const char* name : {"cxr14/tiny", "cxr14/small", "cxr14/base", "chexpert/tiny",
                           "chexpert/small", "covidx3/small", "covidx4/small"}) {
    SCOPED_TRACE(name);
    const std::string path = EVAX_SOURCE_DIR + std::string("/recipes/") + name + ".toml";
    for (const char* protocol : {"validation", "paper"}) {
      const Recipe recipe = load_recipe(path, {std::string("run.protocol=") + protocol});
      Recipe expected = for_kind(recipe.data.kind, recipe.model.arch, protocol);
      expected.data = recipe.data;
      expected.model.init = recipe.model.init;
      expected.run.seed = recipe.run.seed;
      EXPECT_EQ(difference(recipe, expected), std::vector<std::string>{});
    }
  }
}

// Spec D.6, the paper's column.
TEST(Recipe, TheArticlesSchedulesOfSegmentation) {
  const auto read = [](const std::string& name) {
    return load_recipe(std::string(EVAX_SOURCE_DIR) + "/recipes/segment/" + name + ".toml", {});
  };
  for (const char* data : {"lung", "rsna", "siim", "shenzhen"}) {
    const OptimRecipe optim = read(data + std::string("_article")).optim;
    EXPECT_EQ(optim.optimizer, "adamw");
    EXPECT_EQ(optim.lr, 2e-4);
    EXPECT_EQ(optim.layer_decay, 0.85);
    EXPECT_EQ(optim.batch_size, 4);
  }
  const OptimRecipe resnet = read("baselines/resnet50_imagenet_article").optim;
  EXPECT_EQ(resnet.optimizer, "sgd");
  EXPECT_EQ(resnet.lr, 0.01);
  EXPECT_EQ(resnet.weight_decay, 5e-4);
  EXPECT_EQ(resnet.layer_decay, 1);
  EXPECT_EQ(resnet.batch_size, 4);
}

TEST(Recipe, EveryRecipeFileIsRead) {
  const fs::path folder = fs::path(EVAX_SOURCE_DIR) / "recipes";
  std::ifstream file(folder / "README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool corpus = entry.path().stem().string().ends_with("_corpus");  // for evax data pack
    if (entry.path().extension() != ".toml" || corpus) continue;
    SCOPED_TRACE(entry.path());
    const Recipe recipe = load_recipe(entry.path().string(), {});
    EXPECT_TRUE(difference(recipe, parse_recipe(to_toml(recipe), "again")).empty());
    const std::string name = fs::relative(entry.path(), folder).string();
    EXPECT_NE(readme.str().find("`" + name + "`"), std::string::npos) << "not in recipes/README.md";
    EXPECT_TRUE(fs::path(recipe.data.images).is_relative());
    ++count;
  }
  EXPECT_GE(count, 15U);
}

}  // namespace
}  // namespace evax::train
