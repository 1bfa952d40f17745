#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/core/file.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/describe.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::expect_error;
using testing::fixture;

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end());
}

class Export : public ::testing::TestWithParam<const char*> {
 protected:
  testing::TemporaryFolder folder_;
  ModelFile model_ = import_checkpoint(fixture(GetParam()), {}).model;
};

TEST_P(Export, OfficialLayoutGivesTheImportedFileBack) {
  const Checkpoint original = read_checkpoint(fixture(GetParam()));
  for (const char* name : {"o.pth", "o.safetensors"}) {
    const std::string path = folder_.file(name);
    export_model(model_, path, ExportLayout::official);
    const Checkpoint exported = read_checkpoint(path);
    EXPECT_EQ(exported.tensors.size(), original.tensors.size());
    for (const auto& [key, tensor] : original.tensors) {
      const Tensor& other = exported.tensors.at(key);
      if (key.find("rope") == std::string::npos) {
        EXPECT_TRUE(same(tensor, other)) << key;
        continue;
      }
      const Tensor wide = tensor.to_f32();
      const double tolerance = tensor.dtype() == DType::f32 ? 1e-6 : 5e-4;
      ASSERT_EQ(other.dtype(), DType::f32);
      for (size_t i = 0; i < wide.floats().size(); ++i)
        ASSERT_NEAR(wide.floats()[i], other.floats()[i], tolerance) << key;
    }
    EXPECT_EQ(exported.wrapper, std::string(name) == "o.pth" ? "model" : "");
  }
}

TEST_P(Export, EveryLayoutImportsToTheSameModel) {
  const std::tuple<ExportLayout, const char*> targets[] = {
      {ExportLayout::official, "a.pth"},
      {ExportLayout::official, "a.safetensors"},
      {ExportLayout::timm, "b.pt"},
      {ExportLayout::timm, "b.safetensors"},
      {ExportLayout::hf, "hub"}};
  for (const auto& [layout, name] : targets) {
    export_model(model_, folder_.file(name), layout);
    const ModelFile again = import_checkpoint(folder_.file(name), {}).model;
    // timm's networks have no place for what only pre-training uses, its files none for the grid.
    const bool complete = layout == ExportLayout::official;
    EXPECT_EQ(again.tensors.size(),
              complete ? model_.tensors.size() : parameters_of(model_.metadata.model).size());
    for (const auto& [key, tensor] : again.tensors)
      EXPECT_TRUE(same(tensor, model_.at(key))) << name << " " << key;
    const bool keeps_grid = layout != ExportLayout::timm;
    EXPECT_EQ(again.metadata.model.rope_ref_grid,
              keeps_grid ? model_.metadata.model.rope_ref_grid : 14);
  }
}

TEST_P(Export, GivesEqualBytes) {
  for (const char* name : {"a.pth", "b.pth"})
    export_model(model_, folder_.file(name), ExportLayout::official);
  EXPECT_EQ(read_file(folder_.file("a.pth"), 8 << 20), read_file(folder_.file("b.pth"), 8 << 20));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Export,
                         ::testing::Values("parity/tiny.pth", "parity/tinyb.pth",
                                           "mim/student_ti.pth", "mim/student_b.pth"));

TEST(ExportHub, WritesWhatTimmBuildsFrom) {
  const testing::TemporaryFolder folder;
  const ModelFile model =
      import_checkpoint(fixture("parity/tinyb.pth"), {.preset = "chexpert"}).model;
  export_model(model, folder.file("hub/"), ExportLayout::hf);
  std::ifstream file(folder.file("hub/config.json"));
  const auto config = nlohmann::json::parse(file);
  EXPECT_EQ(config["architecture"], "eva02_base_patch14_224");
  EXPECT_EQ(config["num_features"], 128);
  EXPECT_EQ(config["num_classes"], 5);
  EXPECT_EQ(config["label_names"][4], "Pleural Effusion");
  EXPECT_EQ(config["model_args"]["qkv_fused"], false);
  EXPECT_EQ(config["pretrained_cfg"]["mean"].dump(), "[0.49185243,0.49185243,0.49185243]");
  EXPECT_EQ(import_checkpoint(folder.file("hub"), {}).model.metadata.classes,
            model.metadata.classes);

  expect_error([&] { export_model(model, folder.file("hub"), ExportLayout::hf); },
               "a new or empty folder");
  make_folder(folder.file("empty"));
  export_model(model, folder.file("empty"), ExportLayout::hf);
  expect_error([&] { export_model(model, folder.file("no/such/hub"), ExportLayout::hf); },
               "cannot make the folder");
  size_t left = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.file("")))
    ++left;
  EXPECT_EQ(left, 2U);  // nothing temporary
}

TEST(ExportFile, NeedsAKnownEnding) {
  const ModelFile model = import_checkpoint(fixture("weights/timm.pth"), {}).model;
  EXPECT_THROW(export_model(model, "/tmp/x.bin", ExportLayout::timm), UsageError);
}

TEST(Describe, TellsContainerLayoutAndArguments) {
  struct Row {
    const char *file, *container, *layout, *wrapper;
    size_t tensors;
    int64_t parameters;
  };
  const Row rows[] = {
      {"parity/tiny.pth", "PyTorch zip", "official fine-tuned", "model", 40, 498009},
      {"parity/tinyb.pth", "PyTorch zip", "official fine-tuned", "model", 31, 300505},
      {"mim/student_ti.pth", "PyTorch zip", "official pre-training", "model", 41, 514100},
      {"mim/student_b.pth", "PyTorch zip", "official pre-training", "module", 53, 515464},
      {"weights/timm.pth", "PyTorch zip", "timm", "", 21, 100567},
      {"weights/timm_f16.safetensors", "safetensors", "timm", "", 21, 100567},
      {"weights/legacy.pth", "PyTorch legacy", "unknown", "model", 16, 57}};
  for (const Row& row : rows) {
    const CheckpointSummary summary = describe_checkpoint(fixture(row.file));
    EXPECT_EQ(summary.container, row.container) << row.file;
    EXPECT_EQ(summary.layout, row.layout) << row.file;
    EXPECT_EQ(summary.wrapper, row.wrapper) << row.file;
    EXPECT_EQ(summary.tensors.size(), row.tensors) << row.file;
    EXPECT_EQ(summary.parameters, row.parameters) << row.file;
  }
  const auto args = describe_checkpoint(fixture("weights/zip.pth")).args;
  const decltype(args) expected{{"model", "eva"}, {"lr", "0.001"}, {"betas", "None"}};
  EXPECT_EQ(args, expected);
}

TEST(Describe, ModelFilesAndForeignSafetensors) {
  const testing::TemporaryFolder folder;
  save_model(folder.file("m"), import_checkpoint(fixture("weights/timm.pth"), {}).model);
  const CheckpointSummary model = describe_checkpoint(folder.file("m"));
  EXPECT_EQ(model.container, "evax model file");
  EXPECT_EQ(model.metadata->model.embed_dim, 64);
  save_safetensors(folder.file("s"), {{"x", Tensor(DType::i64, {2, 3})}}, {});
  const CheckpointSummary foreign = describe_checkpoint(folder.file("s"));
  EXPECT_EQ(foreign.layout, "unknown");
  EXPECT_EQ(foreign.tensors[0].dtype, "I64");
  EXPECT_EQ(foreign.parameters, 6);
  write_file(folder.file("t"), "plain text, long enough");
  expect_error([&] { describe_checkpoint(folder.file("t")); }, "found neither");
}

}  // namespace
}  // namespace evax::weights
