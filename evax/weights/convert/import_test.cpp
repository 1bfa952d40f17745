#include <cmath>

#include "evax/core/file.h"
#include "evax/core/npy.h"
#include "evax/core/sha256.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/convert/presets.h"
#include "evax/weights/convert/recognise.h"
#include "evax/weights/rope.h"
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

TEST(Import, TimmCheckpoints) {
  for (const auto& [file, dtype] : {std::pair{"weights/timm.pth", DType::f32},
                                    std::pair{"weights/timm_f16.safetensors", DType::f16}}) {
    const Imported imported = import_checkpoint(fixture(file), {});
    EXPECT_TRUE(has_note(imported, "timm layout"));
    EXPECT_EQ(imported.model.metadata.model.rope_ref_grid, 14);
    EXPECT_EQ(imported.model.metadata.model.mlp_hidden, 170);
    EXPECT_EQ(imported.model.metadata.task, Task::multiclass);  // three classes
    EXPECT_EQ(imported.model.at("head.weight").dtype(), dtype);
  }
}

void expect_near(const Tensor& found, const std::string& file, double tolerance) {
  const Tensor expected = read_npy(fixture(file));
  ASSERT_EQ(found.shape(), expected.shape());
  for (size_t i = 0; i < expected.floats().size(); ++i)
    ASSERT_NEAR(found.floats()[i], expected.floats()[i], tolerance) << i;
}

TEST(Import, ResizesThePositionEmbeddingAsTheOfficialLoader) {
  const Imported imported = import_checkpoint(fixture("parity/tiny.pth"), {.image_size = 96});
  EXPECT_EQ(imported.model.metadata.model.image_size, 96);
  EXPECT_EQ(imported.model.metadata.model.rope_ref_grid, 14);
  EXPECT_EQ(imported.model.metadata.preprocess.crop, 96);
  EXPECT_TRUE(has_note(imported, "from 4 x 4 to 6 x 6"));
  expect_near(imported.model.at("pos_embed"), "parity/tiny96_pos_embed.npy", 1e-6);
}

TEST(Import, ResizesThePositionEmbeddingAsTimm) {
  const Imported imported = import_checkpoint(
      fixture("weights/timm.pth"), {.image_size = 96, .pos_embed_resize = PosEmbedResize::timm});
  expect_near(imported.model.at("pos_embed"), "weights/timm_pos_embed.npy", 1e-6);
}

TEST(Import, PresetsBringClassesTaskAndTransform) {
  const Metadata chexpert =
      import_checkpoint(fixture("parity/tiny.pth"), {.preset = "chexpert"}).model.metadata;
  EXPECT_EQ(chexpert.task, Task::multilabel);
  EXPECT_EQ(chexpert.classes[4], "Pleural Effusion");
  const Imported covidx = import_checkpoint(fixture("weights/timm.pth"), {.preset = "covidx3"});
  EXPECT_EQ(covidx.model.metadata.task, Task::multiclass);
  EXPECT_EQ(covidx.model.metadata.classes[2], "COVID-19");
  const Imported named = import_checkpoint(fixture("weights/timm.pth"),
                                           {.classes = {"a", "b", "c"}, .preset = "covidx3"});
  EXPECT_EQ(named.model.metadata.classes[0], "a");
  EXPECT_EQ(named.model.metadata.task, Task::multiclass);
  const Imported pretrained =
      import_checkpoint(fixture("mim/student_ti.pth"), {.preset = "pretrained"});
  EXPECT_EQ(pretrained.model.metadata.task, Task::pretrain);
}

TEST(Import, EvaluationTransformsAreTheOfficialOnes) {  // spec C.4
  ModelConfig model;
  const auto resize = [&](int size, const char* variant, const char* preset) {
    model.image_size = size;
    model.variant = variant;
    const Preprocess preprocess = default_preprocess(model, preset);
    EXPECT_EQ(preprocess.crop, size);
    return preprocess.resize[0];
  };
  EXPECT_EQ(resize(224, "eva_x_small", "cxr14"), 256);
  EXPECT_EQ(resize(224, "eva_x_small", "chexpert"), 256);
  EXPECT_EQ(resize(224, "eva_x_tiny", "chexpert"), 224);
  EXPECT_EQ(resize(480, "eva_x_small", "covidx3"), 480);
  EXPECT_EQ(resize(112, "eva_x", ""), 128);
}

TEST(Import, ConvertsDtypes) {
  const Imported half = import_checkpoint(fixture("parity/tiny.pth"), {.dtype = DType::f16});
  const Imported full = import_checkpoint(fixture("parity/tiny.pth"), {});
  for (const auto& [name, tensor] : half.model.tensors) {
    ASSERT_EQ(tensor.dtype(), DType::f16);
    const Tensor wide = tensor.to_f32();
    const Tensor& exact = full.model.at(name);
    for (size_t i = 0; i < wide.floats().size(); ++i)
      ASSERT_NEAR(wide.floats()[i], exact.floats()[i], 1e-3 * std::abs(exact.floats()[i]) + 1e-7);
  }
  EXPECT_THROW(import_checkpoint(fixture("parity/tiny.pth"), {.dtype = DType::i32}), UsageError);
}

TEST(Import, RefusesOptionsThatDoNotFit) {
  const std::string tiny = fixture("parity/tiny.pth");
  const std::string student = fixture("mim/student_ti.pth");
  const auto import = [](const std::string& path, const ImportOptions& options) {
    return [=] { import_checkpoint(path, options); };
  };
  expect_error(import(tiny, {.classes = {"a", "b"}}),
               "expected 5 classes (the rows of head.weight), found 2 names");
  expect_error(import(tiny, {.preset = "cxr14"}), "the preset cxr14 names 14");
  expect_error(import(tiny, {.preset = "pretrained"}), "the preset pretrained names 0");
  expect_error(import(tiny, {.preset = "nih"}), "expected the preset cxr14, chexpert");
  expect_error(import(tiny, {.classes = {"a", "b", "c", "d", "a"}}), "'a' is named twice");
  expect_error(import(tiny, {.task = Task::pretrain}), "is not a pretrained model");
  expect_error(import(tiny, {.task = Task::segmentation}), "is not a segmentation model");
  expect_error(import(tiny, {.image_size = 100}), "a multiple of the patch_size");
  expect_error(import(tiny, {.image_size = 0}), "image_size between");
  expect_error(import(tiny, {.image_size = 1 << 30}), "image_size between");
  expect_error(import(student, {.classes = {"a"}}), "expected no class names");
  expect_error(import(student, {.preset = "chexpert"}), "the preset chexpert names 5");
  expect_error(import("/nowhere/x.pth", {}), "/nowhere/x.pth");
}

/// tiny.pth as a safetensors file with its tensors changed.
class ChangedTensors : public ::testing::Test {
 protected:
  std::string refusal() {
    save_safetensors(folder_.file("t.safetensors"), tensors_, {});
    return testing::error_of([&] { import_checkpoint(folder_.file("t.safetensors"), {}); });
  }
  void expect_refusal(const std::string& part) {
    const std::string sentence = refusal();
    EXPECT_NE(sentence.find(part), std::string::npos) << "found: " << sentence;
  }
  void rename(const std::string& from, const std::string& to) {
    auto node = tensors_.extract(from);
    node.key() = to;
    tensors_.insert(std::move(node));
  }
  void prefix(const std::string& prefix) {
    TensorMap renamed;
    for (auto& [name, tensor] : tensors_) renamed[prefix + name] = tensor;
    tensors_ = std::move(renamed);
  }

  testing::TemporaryFolder folder_;
  TensorMap tensors_ = read_checkpoint(fixture("parity/tiny.pth")).tensors;
};

TEST_F(ChangedTensors, AreRefusedWhenTheyAreNoEvaX) {
  const TensorMap whole = tensors_;
  tensors_ = {{"fc.weight", Tensor(DType::f32, {2, 2})}};
  expect_refusal(
      "expected a checkpoint of EVA-X or of a baseline, found 1 tensors that are neither's: "
      "fc.weight");
  tensors_ = whole;
  tensors_.erase("pos_embed");
  expect_refusal("found no pos_embed");
  tensors_ = whole;
  tensors_["patch_embed.proj.weight"] = Tensor(DType::f32, {128, 3, 14, 14});
  expect_refusal("expected a patch size of 16, found 14 x 14");
  tensors_ = whole;
  tensors_["pos_embed"] = Tensor(DType::f32, {1, 17, 100});
  expect_refusal("a multiple of 64 (the size of a head), found 100");
  tensors_ = whole;
  tensors_["pos_embed"] = Tensor(DType::f32, {1, 16, 128});
  expect_refusal("1 + grid^2 rows, found 16");
  tensors_ = whole;
  tensors_["blocks.0.attn.inner_attn_ln.weight"] = Tensor(DType::f32, {128});
  expect_refusal("missing blocks.0.attn.q_proj.weight");  // EVA02-CLIP's norm, but not its layout
  tensors_ = whole;
  rename("blocks.1.norm1.weight", "blocks.7.norm1.weight");
  expect_refusal("missing blocks.1.norm1.weight, blocks.2.norm1.weight");
  tensors_ = whole;
  tensors_["blocks.0.mlp.fc1.weight"] = tensors_.at("blocks.0.mlp.w12.weight");
  expect_refusal("two tensors would both become blocks.0.mlp.fc1.weight");
  tensors_ = whole;
  tensors_["blocks.0.mlp.w12.weight"] = Tensor(DType::f32, {341, 128});
  expect_refusal("gated MLP (SwiGLU), found a plain one");
  tensors_ = whole;
  rename("fc_norm.weight", "norm.weight");
  rename("fc_norm.bias", "norm.bias");
  expect_refusal("expected mean pooling");
}

TEST_F(ChangedTensors, AreRefusedWhenTheirValuesAreNoWeights) {
  const TensorMap whole = tensors_;
  tensors_["cls_token"] = Tensor(DType::i64, {1, 1, 128});
  expect_refusal("floating-point numbers in cls_token, found I64");
  std::vector<float> values(128, 0.0F);
  values[7] = std::nanf("");
  tensors_["cls_token"] = Tensor::from_floats({1, 1, 128}, values);
  expect_refusal("cls_token holds an infinity or a NaN");
  tensors_ = whole;
  tensors_["rope.freqs_cos"] = Tensor(DType::f32, {16, 64});
  expect_refusal("rotary tables fit no reference grid of 14, 4 or 16");
  tensors_["rope.freqs_cos"] = Tensor(DType::f32, {9, 64});
  expect_refusal("rope.freqs_cos to have the shape [16, 64]");
}

TEST_F(ChangedTensors, LoseTheirPrefixes) {
  for (const char* prefixes : {"module.", "visual.", "visual.trunk.", "module.visual."}) {
    tensors_ = read_checkpoint(fixture("parity/tiny.pth")).tensors;
    prefix(prefixes);
    if (std::string(prefixes).find("visual") != std::string::npos)
      tensors_[std::string(prefixes).starts_with("module.") ? "module.text.x" : "text.x"] =
          Tensor(DType::f32, {1});
    EXPECT_EQ(refusal(), "no error") << prefixes;
  }
}

TEST_F(ChangedTensors, RotaryTablesTellTheReferenceGrid) {
  for (const int ref_grid : {4, 14, 16}) {
    const RopeTables tables = rope_tables(4, ref_grid);
    for (auto& [name, tensor] : tensors_)
      if (is_rope_table(name))
        tensor = Tensor::from_floats({16, 64}, name.ends_with("cos") ? tables.cos : tables.sin)
                     .to(DType::f16);
    ASSERT_EQ(refusal(), "no error");
    const Imported imported = import_checkpoint(folder_.file("t.safetensors"), {});
    EXPECT_EQ(imported.model.metadata.model.rope_ref_grid, ref_grid);
  }
}

TEST_F(ChangedTensors, AnUnusedNormIsLeftOut) {
  tensors_["norm.weight"] = Tensor(DType::f32, {128});
  tensors_["norm.bias"] = Tensor(DType::f32, {128});
  ASSERT_EQ(refusal(), "no error");
  EXPECT_TRUE(has_note(import_checkpoint(folder_.file("t.safetensors"), {}), "left out norm.*"));
}

TEST_F(ChangedTensors, DoublesBecomeFloats) {
  tensors_["head.bias"] = tensors_.at("head.bias").to(DType::f64);
  ASSERT_EQ(refusal(), "no error");
  const Imported imported = import_checkpoint(folder_.file("t.safetensors"), {});
  EXPECT_EQ(imported.model.at("head.bias").dtype(), DType::f32);
}

TEST(Import, RefusesAModelFile) {
  const testing::TemporaryFolder folder;
  save_model(folder.file("m"), import_checkpoint(fixture("weights/timm.pth"), {}).model);
  expect_error([&] { import_checkpoint(folder.file("m"), {}); }, "found an evax model file");
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
