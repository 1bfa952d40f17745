// Vision transformers that EVA-X is compared with, from files with exactly their key names (spec
// G), and a ResNet on its whole way through import.

#include "evax/core/interpolate.h"
#include "evax/weights/cnn.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/describe.h"
#include "evax/weights/rope.h"
#include "evax/weights/testing.h"
#include "evax/weights/torch/save.h"

namespace evax::weights {
namespace {

using testing::expect_error;
using torch::StateDict;

ModelConfig small_vit(const std::string& pool, int num_classes) {
  ModelConfig config;
  config.arch = config.variant = "vit";
  config.image_size = 64;
  config.embed_dim = 64;
  config.depth = 2;
  config.num_heads = 1;
  config.mlp_hidden = 256;
  config.pool = pool;
  config.num_classes = num_classes;
  return config;
}

/// Every tensor of a network under `prefix`, each filled with numbers of its own.
StateDict state_of(const ModelConfig& config, const std::string& prefix = "") {
  StateDict state;
  float next = 0;
  for (const auto& [name, shape] : parameters_of(config)) {
    std::vector<float> values(static_cast<size_t>(element_count(shape)));
    for (float& value : values) value = (next += 0.001F);
    state.emplace_back(prefix + name, Tensor::from_floats(shape, values));
  }
  return state;
}

Tensor zeros(const Shape& shape) { return {DType::f32, shape}; }

class ImportBaseline : public ::testing::Test {
 protected:
  Imported import(const StateDict& state, const std::string& wrapper,
                  const ImportOptions& options = {}) {
    torch::save(path_, state, wrapper);
    return import_checkpoint(path_, options);
  }

  testing::TemporaryFolder folder_;
  std::string path_ = folder_.file("checkpoint.pth");
};

bool has_note(const Imported& imported, const std::string& part) {
  for (const std::string& note : imported.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

void expect_values(const ModelFile& model, const StateDict& state, const std::string& prefix = "") {
  for (const auto& [name, tensor] : model.tensors)
    for (const auto& [stored, original] : state)
      if (stored == prefix + name) {
        EXPECT_TRUE(std::ranges::equal(tensor.floats(), original.floats())) << name;
      }
}

TEST_F(ImportBaseline, DeitPoolsByItsToken) {  // deit_small_patch16_224-cd65a155.pth
  const StateDict state = state_of(small_vit("token", 10));
  const Imported imported = import(state, "model");
  const Metadata& metadata = imported.model.metadata;
  EXPECT_EQ(metadata.model.arch, "vit");
  EXPECT_EQ(metadata.model.pool, "token");
  EXPECT_EQ(metadata.model.num_classes, 10);
  EXPECT_FLOAT_EQ(metadata.preprocess.mean[0], 0.5056F);  // spec C.3
  EXPECT_FLOAT_EQ(metadata.preprocess.std[0], 0.252F);
  expect_values(imported.model, state);
}

TEST_F(ImportBaseline, MaesDecoderIsLeftOut) {  // MAE, Medical MAE, SelfMedMAE as a plain ViT-B
  StateDict state = state_of(small_vit("token", 0));
  state.emplace_back("mask_token", zeros({1, 1, 32}));
  state.emplace_back("decoder_pos_embed", zeros({1, 17, 32}));
  state.emplace_back("decoder_embed.weight", zeros({32, 64}));
  state.emplace_back("decoder_blocks.0.attn.qkv.bias", zeros({96}));
  state.emplace_back("decoder_norm.weight", zeros({32}));
  state.emplace_back("decoder_pred.weight", zeros({768, 32}));
  const Imported imported = import(state, "model");
  EXPECT_EQ(imported.model.metadata.task, Task::pretrain);
  EXPECT_TRUE(has_note(imported, "left out the decoder and mask token of a masked autoencoder, 6"));
  EXPECT_EQ(imported.model.tensors.size(), parameters_of(small_vit("token", 0)).size());
}

TEST_F(ImportBaseline, FineTunedMaesPoolByTheMean) {
  StateDict state = state_of(small_vit("avg", 14));
  state.emplace_back("norm.weight", zeros({64}));
  state.emplace_back("norm.bias", zeros({64}));
  const Imported imported = import(state, "model");
  EXPECT_EQ(imported.model.metadata.model.pool, "avg");
  EXPECT_TRUE(has_note(imported, "left out norm.*"));
}

TEST_F(ImportBaseline, MgcasImageTowerIsTaken) {  // ViT-B of MGCA, a Lightning checkpoint
  const std::string prefix = "img_encoder_q.model.";
  StateDict state = state_of(small_vit("token", 0), prefix);
  state.emplace_back("img_encoder_q.global_embed.head.0.weight", zeros({8, 64}));
  state.emplace_back("text_encoder_q.model.pooler.dense.bias", zeros({8}));
  const Imported imported = import(state, "state_dict");
  EXPECT_TRUE(has_note(imported, "left out 2 tensors without the prefix img_encoder_q.model."));
  expect_values(imported.model, state, prefix);
}

TEST_F(ImportBaseline, TheOfficialLayoutIsEvaXsAlone) {
  const ModelFile model = import(state_of(small_vit("token", 10)), "model").model;
  EXPECT_THROW(export_model(model, folder_.file("out.pth"), ExportLayout::official), UsageError);
  export_model(model, folder_.file("out.pth"), ExportLayout::timm);
  const Imported again = import_checkpoint(folder_.file("out.pth"), {});
  EXPECT_EQ(again.model.metadata.model.pool, "token");
  EXPECT_EQ(describe_checkpoint(folder_.file("out.pth")).layout, "timm");
}

TEST_F(ImportBaseline, AViTOfAnotherKindIsRefused) {
  StateDict state = state_of(small_vit("token", 10));
  state.emplace_back("dist_token", zeros({1, 1, 64}));
  torch::save(path_, state, "model");
  expect_error([&] { import_checkpoint(path_, {}); }, "unexpected dist_token");
}

// eva02_S_pt_in21k_p14.pt: key `module`, official names, patches of 14 pixels, 16 x 16 of them.
TEST_F(ImportBaseline, Eva02sPatchesBecome16Pixels) {
  ModelConfig config;
  config.arch = config.variant = "eva_x";
  config.image_size = 224;
  config.embed_dim = 64;
  config.depth = 1;
  config.num_heads = 1;
  config.mlp_hidden = 170;
  StateDict state;
  for (auto& [name, tensor] : state_of(config)) {
    if (name == "pos_embed") tensor = zeros({1, 257, 64});
    if (name == "patch_embed.proj.weight") {
      tensor = zeros({64, 3, 14, 14});
      tensor.mutable_floats()[14 * 14 * 3 * 63 + 14 * 14 * 2 + 20] = 1;
    }
    state.emplace_back(name.starts_with("fc_norm") ? name.substr(3) : official_name(name, false),
                       tensor);
  }
  const RopeTables tables = rope_tables(16, 16);
  state.emplace_back("rope.freqs_cos", Tensor::from_floats({256, 64}, tables.cos));
  state.emplace_back("rope.freqs_sin", Tensor::from_floats({256, 64}, tables.sin));
  state.emplace_back("mask_token", zeros({1, 1, 64}));
  state.emplace_back("lm_head.weight", zeros({8, 64}));
  state.emplace_back("lm_head.bias", zeros({8}));

  const Imported imported = import(state, "module");
  EXPECT_TRUE(has_note(imported, "patches resized from 14 to 16 pixels"));
  EXPECT_EQ(imported.model.metadata.model.image_size, 224);
  EXPECT_EQ(imported.model.metadata.model.rope_ref_grid, 14);
  EXPECT_EQ(imported.model.at("pos_embed").size(1), 197);
  // PyTorch 2.13: F.interpolate of a 14 x 14 plane that is 1 at row 1, column 6, bicubic to 16 x
  // 16: row 1, columns 6 to 8.
  const auto kernel = imported.model.at("patch_embed.proj.weight")
                          .floats()
                          .subspan(16 * 16 * 3 * 63 + 16 * 16 * 2 + 16 + 6, 3);
  EXPECT_NEAR(kernel[0], 0.1720017F, 1e-6F);
  EXPECT_NEAR(kernel[1], 0.9212555F, 1e-6F);
  EXPECT_NEAR(kernel[2], 0.0487140F, 1e-6F);
}

TEST_F(ImportBaseline, AResNetIsReadWholeAndInPart) {
  StateDict state;
  for (const auto& [name, shape] : resnet_parameters(14))
    if (!name.starts_with("layer4.")) state.emplace_back(name, zeros(shape));
  StateDict medklip;
  for (auto& [name, tensor] : state)
    for (const auto& [part, number] : {std::pair{"conv1.", "0."},
                                       {"bn1.", "1."},
                                       {"layer1.", "4."},
                                       {"layer2.", "5."},
                                       {"layer3.", "6."}})
      if (name.starts_with(part))
        medklip.emplace_back("module.res_features." + std::string(number) +
                                 name.substr(std::string_view(part).size()),
                             tensor);
  torch::save(path_, medklip, "model");
  expect_error([&] { import_checkpoint(path_, {}); }, "found one without layer4");
  ImportOptions options;
  options.partial = true;
  EXPECT_EQ(import_checkpoint(path_, options).model.metadata.model.arch, "resnet50");

  for (const auto& [name, shape] : resnet_parameters(14))
    if (name.starts_with("layer4.")) state.emplace_back(name, zeros(shape));
  options = {};
  options.preset = "cxr14";
  const Imported imported = import(state, "", options);
  EXPECT_EQ(imported.model.metadata.task, Task::multilabel);
  EXPECT_EQ(imported.model.metadata.preprocess.resize[0], 256);
  save_model(folder_.file("m"), imported.model);
  EXPECT_EQ(load_model(folder_.file("m")).metadata.model.arch, "resnet50");
}

}  // namespace
}  // namespace evax::weights
