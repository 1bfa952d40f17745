// The image towers of EVA-CLIP and MGCA: their official files' keys, and reduced ones made by the
// original code (tests/fixtures/mim, spec B.4).

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "evax/weights/convert.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/convert/recognise.h"
#include "evax/weights/describe.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::expect_error;
using testing::fixture;
using Json = nlohmann::json;

ModelConfig tower(const std::string& variant, int projection) {
  ModelConfig config = *published_config(variant);
  config.pool = "token";
  config.projection = projection;
  return config;
}

/// The shapes that the official code has, under our names; block 0 for all, no rotary tables.
std::map<std::string, Shape> official_shapes(const Json& model, const std::string& prefix,
                                             bool qkv_split) {
  std::map<std::string, Shape> shapes;
  for (const auto& [key, shape] : model.at("shapes").items()) {
    std::string name = key.substr(prefix.size());
    if (const size_t block = name.find("blocks.i."); block == 0) name[7] = '0';
    if (!is_rope_table(name)) shapes[timm_name(name, qkv_split)] = shape.get<Shape>();
  }
  return shapes;
}

struct Official {
  const char *name, *prefix, *variant;
  int projection;
  int rope_tables;  // stored ones, which are recomputed
};
void PrintTo(const Official& official, std::ostream* out) { *out << official.name; }

class OfficialKeys : public ::testing::TestWithParam<Official> {};
INSTANTIATE_TEST_SUITE_P(
    Towers, OfficialKeys,
    ::testing::Values(
        Official{"EVA_CLIP_g_14_X (EVA-02/asuka)", "visual.", "eva01_clip_giant", 1024, 0},
        Official{"EVA01-CLIP-g-14 (EVA-CLIP/rei)", "visual.", "eva01_clip_giant", 1024, 0},
        Official{"EVA02-CLIP-B-16 (EVA-CLIP/rei)", "visual.", "eva02_clip_base", 512, 26},
        Official{"EVA02-CLIP-L-14 (EVA-CLIP/rei)", "visual.", "eva02_clip_large", 768, 50},
        Official{"MGCA vit_base", "img_encoder_q.model.", "vit_base", 0, 0}));

TEST_P(OfficialKeys, AreOursInNameShapeAndNumber) {
  std::ifstream text(fixture("mim/teacher_keys.json"));
  const Json model = Json::parse(text).at(GetParam().name);
  const ModelConfig config = tower(GetParam().variant, GetParam().projection);
  check_config(config, GetParam().variant);
  EXPECT_EQ(config.num_heads, model.at("heads"));
  EXPECT_EQ(config.depth, model.at("blocks"));

  const auto parameters = parameters_of(config);
  EXPECT_EQ(parameters.size() + static_cast<size_t>(GetParam().rope_tables), model.at("keys"));
  EXPECT_EQ(parameter_count(config), model.at("visual_params").get<int64_t>());
  std::map<std::string, Shape> ours;
  for (const auto& [name, shape] : parameters)
    if (!name.starts_with("blocks.") || name.starts_with("blocks.0.")) ours[name] = shape;
  EXPECT_EQ(ours, official_shapes(model, GetParam().prefix, config.qkv_split));
}

TEST(ImportEvaClip, TakesTheGiantsTowerOutOfTheWhole) {
  const std::string path = fixture("mim/teacher_g14.pt");
  expect_error([&] { import_checkpoint(path, {}); },
               "an embed_dim that is a multiple of 64 (the size of a head), found 176");
  expect_error([&] { import_checkpoint(path, {.num_heads = 3}); },
               "expected a num_heads that divides the embed_dim 176, found 3");
  const Imported imported = import_checkpoint(path, {.num_heads = 2});
  const Metadata& metadata = imported.model.metadata;
  EXPECT_EQ(metadata.model.arch, "eva01_clip");
  EXPECT_EQ(metadata.model.patch_size, 14);
  EXPECT_EQ(metadata.model.image_size, 112);
  EXPECT_EQ(metadata.model.mlp_hidden, 768);
  EXPECT_EQ(metadata.model.num_heads, 2);
  EXPECT_EQ(metadata.model.projection, 80);
  EXPECT_EQ(metadata.model.num_classes, 0);
  EXPECT_EQ(metadata.task, Task::pretrain);
  EXPECT_FLOAT_EQ(metadata.preprocess.mean[2], 0.40821073F);  // CLIP's (spec B.1)
  EXPECT_FLOAT_EQ(metadata.preprocess.std[0], 0.26862954F);
}

TEST(ImportEvaClip, TakesTheBaseTowersParametersByTheirNames) {
  const Imported imported = import_checkpoint(fixture("mim/teacher_b16.pt"), {});
  const ModelConfig& model = imported.model.metadata.model;
  EXPECT_EQ(model.arch, "eva02_clip");
  EXPECT_EQ(model.rope_ref_grid, 16);
  EXPECT_EQ(model.image_size, 112);
  EXPECT_EQ(model.projection, 96);
  EXPECT_TRUE(imported.model.tensors.contains("blocks.1.attn.norm.weight"));
  EXPECT_TRUE(imported.model.tensors.contains("blocks.1.attn.q_proj.bias"));
}

TEST(ImportEvaClip, MgcasOwnMeanAndStdAreAHalf) {
  const Metadata metadata = import_checkpoint(fixture("mim/teacher_mgca.ckpt"), {}).model.metadata;
  EXPECT_EQ(metadata.model.arch, "vit");
  EXPECT_EQ(metadata.preprocess.mean, (std::array{0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(metadata.preprocess.std, (std::array{0.5F, 0.5F, 0.5F}));
}

TEST(ImportEvaClip, AModelFileKeepsTheNetwork) {
  const testing::TemporaryFolder folder;
  for (const auto& [name, heads] :
       {std::pair{"mim/teacher_g14.pt", 2}, {"mim/teacher_b16.pt", 2}}) {
    const ModelFile model = import_checkpoint(fixture(name), {.num_heads = heads}).model;
    const std::string path = folder.file("m.safetensors");
    save_model(path, model);
    const ModelConfig& before = model.metadata.model;
    const ModelConfig after = load_model(path).metadata.model;
    EXPECT_EQ(after.arch, before.arch);
    EXPECT_EQ(after.num_heads, before.num_heads);
    EXPECT_EQ(after.projection, before.projection);
    EXPECT_EQ(after.rope_ref_grid, before.rope_ref_grid);
    EXPECT_EQ(after.sub_ln, before.sub_ln);
    EXPECT_EQ(after.pool, "token");
    expect_error([&] { read_weights(path, {.num_heads = 1}); }, "expected 1 heads, found a model");

    export_model(model, folder.file("timm.pth"), ExportLayout::timm);
    const Imported again = import_checkpoint(folder.file("timm.pth"), {.num_heads = heads});
    EXPECT_EQ(again.model.metadata.model.arch, before.arch);
    EXPECT_EQ(describe_checkpoint(folder.file("timm.pth")).layout, "timm");
  }
}

TEST(ImportEvaClip, ATowerOfAnotherKindIsRefused) {
  ModelConfig config = tower("eva02_clip_base", 512);
  config.sub_ln = false;
  config.variant = variant_of(config);
  expect_error([&] { check_config(config, "m"); }, "expected sub_ln and qkv_split to be true");
  config = tower("eva02_clip_base", 512);
  config.num_classes = 14;
  expect_error([&] { check_config(config, "m"); },
               "expected num_classes between 0 and 0, found 14");
  config = tower("eva01_clip_giant", 1024);
  config.pool = "avg";
  expect_error([&] { check_config(config, "m"); }, "expected pool 'token', found 'avg'");
  config = tower("eva_x_small", 10);
  config.pool = "avg";
  expect_error([&] { check_config(config, "m"); }, "expected projection between 0 and 0, found 10");
}

}  // namespace
}  // namespace evax::weights
