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
    // timm's networks have no place for what only pre-training uses.
    const bool complete = layout == ExportLayout::official;
    EXPECT_EQ(again.tensors.size(),
              complete ? model_.tensors.size() : parameters_of(model_.metadata.model).size());
    for (const auto& [key, tensor] : again.tensors)
      EXPECT_TRUE(same(tensor, model_.at(key))) << name << " " << key;
    EXPECT_EQ(again.metadata.model.rope_ref_grid, model_.metadata.model.rope_ref_grid);
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

/// Everything but where it comes from.
nlohmann::ordered_json surroundings_of(const Metadata& metadata) {
  auto json = to_json(metadata);
  for (const char* key : {"source", "sha256"}) json["provenance"].erase(key);
  return json;
}

bool has_note(const std::vector<std::string>& notes, const std::string& part) {
  for (const std::string& note : notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

class ExportSurroundings : public ::testing::Test {
 protected:
  ExportSurroundings() {
    Metadata& metadata = model_.metadata;
    metadata.task = Task::multilabel;  // three classes are a multiclass model by default
    metadata.classes = {"x", "y y", "\u00e9"};
    metadata.thresholds = {0.1, 0.25, 1};
    metadata.temperature = 1.75;
    metadata.preprocess = squashed_to(70, 80);
    metadata.provenance["licence"] = "CC BY 4.0";
    metadata.provenance["note"] = "a demonstration";
    metadata.model.rope_ref_grid = 16;
  }
  static Preprocess squashed_to(int height, int width) {
    Preprocess preprocess;
    preprocess.resize = {height, width};
    preprocess.crop = 64;
    preprocess.fit = Fit::squash;
    preprocess.arithmetic = Arithmetic::cv2_8;
    preprocess.interpolation = Interpolation::bilinear;
    preprocess.antialias = false;
    preprocess.mean = {0.25F, 0.5F, 0.75F};
    preprocess.std = {0.1F, 0.2F, 0.3F};
    return preprocess;
  }
  const std::pair<ExportLayout, const char*> targets_[5] = {
      {ExportLayout::official, "a.pth"},
      {ExportLayout::official, "a.safetensors"},
      {ExportLayout::timm, "b.pt"},
      {ExportLayout::timm, "b.safetensors"},
      {ExportLayout::hf, "hub"}};
  testing::TemporaryFolder folder_;
  ModelFile model_ = import_checkpoint(fixture("weights/timm.pth"), {}).model;
};

TEST_F(ExportSurroundings, ComeBackFromEveryLayout) {
  for (const auto& [layout, name] : targets_) {
    const auto notes = export_model(model_, folder_.file(name), layout);
    EXPECT_TRUE(has_note(notes, "thresholds, temperature: evax import finds them as evax.json"));
    EXPECT_EQ(has_note(notes, "cannot describe all of the preprocessing"),
              layout == ExportLayout::hf);
    const Imported again = import_checkpoint(folder_.file(name), {});
    EXPECT_EQ(surroundings_of(again.model.metadata), surroundings_of(model_.metadata)) << name;
    EXPECT_TRUE(has_note(
        again.notes, "classes, task, preprocessing, thresholds, temperature as evax.json says"));
  }
}

TEST_F(ExportSurroundings, OptionsOfTheImportComeFirst) {
  export_model(model_, folder_.file("a.pth"), ExportLayout::official);
  const Metadata renamed =
      import_checkpoint(folder_.file("a.pth"), {.classes = {"1", "2", "3"}}).model.metadata;
  EXPECT_EQ(renamed.classes[2], "3");
  EXPECT_EQ(renamed.thresholds, model_.metadata.thresholds);
  const Imported other = import_checkpoint(folder_.file("a.pth"), {.task = Task::multiclass});
  EXPECT_TRUE(other.model.metadata.thresholds.empty());
  EXPECT_FALSE(other.model.metadata.temperature);
  EXPECT_TRUE(has_note(other.notes, "left out thresholds and temperature"));
  const Imported preset = import_checkpoint(folder_.file("a.pth"), {.preset = "covidx3"});
  EXPECT_EQ(preset.model.metadata.classes[2], "COVID-19");
  EXPECT_EQ(preset.model.metadata.preprocess.fit, Fit::shorter);
  EXPECT_TRUE(preset.model.metadata.thresholds.empty());
  EXPECT_TRUE(has_note(preset.notes, "the preset covidx3 is used, not what evax.json says"));
  const Preprocess larger =
      import_checkpoint(folder_.file("a.pth"), {.image_size = 128}).model.metadata.preprocess;
  EXPECT_EQ(larger.crop, 128);
  EXPECT_EQ(larger.resize, (std::array<int, 2>{140, 160}));
}

// The record is hostile like all else: it must be that of these tensors.
TEST_F(ExportSurroundings, ARecordOfAnotherNetworkIsRefused) {
  TensorMap tensors = read_checkpoint(fixture("weights/timm.pth")).tensors;
  const auto refusal = [&](const std::string& json) {
    save_safetensors(folder_.file("x.safetensors"), tensors, {{"evax.json", json}});
    return testing::error_of([&] { import_checkpoint(folder_.file("x.safetensors"), {}); });
  };
  EXPECT_EQ(refusal(to_json(model_.metadata).dump()), "no error");
  auto json = to_json(model_.metadata);
  json["model"]["depth"] = 2;
  EXPECT_NE(refusal(json.dump()).find("evax.json describes another network"), std::string::npos);
  json = to_json(model_.metadata);
  json["thresholds"][0] = 2;
  EXPECT_NE(refusal(json.dump()).find("evax.json: metadata.thresholds: expected a number"),
            std::string::npos)
      << refusal(json.dump());
  EXPECT_NE(refusal(std::string(100'000, '[')).find("64 levels"), std::string::npos);
}

TEST(ExportPretrained, SaysWhatItLeavesBehind) {
  const testing::TemporaryFolder folder;
  const ModelFile model = import_checkpoint(fixture("mim/student_ti.pth"), {}).model;
  EXPECT_TRUE(has_note(export_model(model, folder.file("t.pth"), ExportLayout::timm),
                       "left behind what only pre-training uses: lm_head.bias, lm_head.weight, "
                       "mask_token"));
  EXPECT_FALSE(
      has_note(export_model(model, folder.file("o.pth"), ExportLayout::official), "left behind"));
}

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
  expect_error([&] { describe_checkpoint(folder.file("t")); },
               "expected a PyTorch or safetensors file, found text");
}

}  // namespace
}  // namespace evax::weights
