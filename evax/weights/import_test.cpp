#include <cmath>
#include <fstream>

#include "evax/core/file.h"
#include "evax/core/npy.h"
#include "evax/core/sha256.h"
#include "evax/weights/convert.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::expect_error;
using testing::fixture;
using testing::shared_file;

bool has_note(const Imported& imported, const std::string& part) {
  for (const std::string& note : imported.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

int64_t parameters_in(const ModelFile& model) {
  int64_t count = 0;
  for (const auto& item : model.tensors) count += item.second.elements();
  return count;
}

TEST(Import, OfficialFineTunedTiny) {
  const Imported imported = import_checkpoint(fixture("parity/tiny.pth"), {});
  const ModelConfig& model = imported.model.metadata.model;
  EXPECT_EQ(model.variant, "eva_x");
  EXPECT_EQ(model.image_size, 64);
  EXPECT_EQ(model.embed_dim, 128);
  EXPECT_EQ(model.depth, 2);
  EXPECT_EQ(model.num_heads, 2);
  EXPECT_EQ(model.mlp_hidden, 341);
  EXPECT_FALSE(model.sub_ln);
  EXPECT_FALSE(model.qkv_split);
  EXPECT_EQ(model.rope_ref_grid, 14);
  EXPECT_EQ(model.num_classes, 5);
  EXPECT_EQ(parameters_in(imported.model), 498009);  // fixtures/parity/README.md
  EXPECT_EQ(imported.model.metadata.task, Task::multilabel);
  EXPECT_EQ(imported.model.metadata.classes.back(), "class_4");
  EXPECT_EQ(imported.model.metadata.provenance.at("source"), "tiny.pth");
  EXPECT_TRUE(has_note(imported, "class_0 to class_4"));
  EXPECT_TRUE(has_note(imported, "reference grid 14"));
}

TEST(Import, OfficialFineTunedBaseLayout) {
  const Imported imported = import_checkpoint(fixture("parity/tinyb.pth"), {});
  const ModelConfig& model = imported.model.metadata.model;
  EXPECT_TRUE(model.sub_ln);
  EXPECT_TRUE(model.qkv_split);
  EXPECT_EQ(model.depth, 1);
  EXPECT_EQ(parameters_in(imported.model), 300505);
  EXPECT_TRUE(imported.model.tensors.contains("blocks.0.attn.q_proj.bias"));
  EXPECT_TRUE(imported.model.tensors.contains("blocks.0.mlp.norm.weight"));
}

TEST(Import, PretrainedKeepsItsOwnRotaryGridAndTheTargetHead) {
  for (const auto& [file, parameters, dtype] :
       {std::tuple{"mim/student_ti.pth", 514100, DType::f32},
        std::tuple{"mim/student_b.pth", 515464, DType::f16}}) {
    const Imported imported = import_checkpoint(fixture(file), {});
    const Metadata& metadata = imported.model.metadata;
    EXPECT_EQ(metadata.task, Task::pretrain);
    EXPECT_EQ(metadata.model.num_classes, 0);
    EXPECT_EQ(metadata.model.image_size, 112);
    EXPECT_EQ(metadata.model.rope_ref_grid, 7);
    EXPECT_EQ(parameters_in(imported.model), parameters) << file;
    EXPECT_EQ(imported.model.at("lm_head.weight").shape(), (Shape{96, 128}));
    EXPECT_EQ(imported.model.at("mask_token").dtype(), dtype);
    EXPECT_TRUE(has_note(imported, "norm became fc_norm"));
    EXPECT_TRUE(metadata.classes.empty());
  }
}

TEST(Import, DemoCheckpoint) {
  const std::string path = shared_file("fixtures/demo/eva_x_tiny_pneumonia_demo.pth");
  if (path.empty()) GTEST_SKIP() << "fixtures/demo is not in the repository";
  const Imported imported = import_checkpoint(path, {.classes = {"Normal", "Pneumonia"}});
  EXPECT_EQ(imported.model.metadata.model.variant, "eva_x_tiny");
  EXPECT_EQ(imported.model.metadata.task, Task::multiclass);
  EXPECT_EQ(parameters_in(imported.model), 5525570);  // spec A.1: Ti, 2 classes
  EXPECT_EQ(imported.model.metadata.preprocess.resize[0], 256);
}

TEST(Import, SavesAndLoadsEqualBytes) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"a", "b"})
    save_model(folder.file(name), import_checkpoint(fixture("parity/tinyb.pth"), {}).model);
  const ModelFile a = load_model(folder.file("a"));
  EXPECT_EQ(sha256(MappedFile::open(folder.file("a"))->bytes()),
            sha256(MappedFile::open(folder.file("b"))->bytes()));
  EXPECT_EQ(a.tensors.size(), parameters_of(a.metadata.model).size());
}

}  // namespace
}  // namespace evax::weights
