#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/weights/convert.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/describe.h"
#include "evax/weights/testing.h"
#include "evax/weights/torch/save.h"

namespace evax::weights {
namespace {

using testing::expect_error;
using testing::fixture;
using torch::StateDict;

std::string official() { return fixture("seg/network/tiny_seg.pth"); }

bool has_note(const Imported& imported, const std::string& part) {
  return std::any_of(imported.notes.begin(), imported.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end());
}

// tests/fixtures/seg/network/README.md.
TEST(ImportSegmentation, TakesEncoderAndDecoderOfAnMmcvCheckpoint) {
  const Imported imported = import_checkpoint(official(), {});
  const Metadata& metadata = imported.model.metadata;
  EXPECT_EQ(metadata.task, Task::segmentation);
  EXPECT_EQ(metadata.model.image_size, 128);
  EXPECT_EQ(metadata.model.embed_dim, 128);
  EXPECT_EQ(metadata.model.depth, 2);
  EXPECT_EQ(metadata.model.rope_ref_grid, 14);
  EXPECT_EQ(metadata.model.num_classes, 1);
  ASSERT_TRUE(metadata.model.decoder);
  EXPECT_EQ(metadata.model.decoder->kind, "upernet");
  EXPECT_EQ(metadata.model.decoder->channels, 32);
  EXPECT_EQ(parameter_count(metadata.model), 868'213);
  EXPECT_EQ(metadata.classes, std::vector<std::string>{"target"});
  EXPECT_EQ(metadata.thresholds, std::vector<double>{0.3});
  EXPECT_EQ(metadata.preprocess.fit, Fit::squash);  // spec D.2
  EXPECT_EQ(metadata.preprocess.resize, (std::array{128, 128}));
  EXPECT_EQ(metadata.preprocess.arithmetic, Arithmetic::cv2_8);
  EXPECT_EQ(metadata.preprocess.interpolation, Interpolation::bilinear);
  EXPECT_FALSE(metadata.preprocess.antialias);
  EXPECT_EQ(metadata.preprocess.mean[0], 0.49185243F);
  EXPECT_TRUE(has_note(imported, "mmsegmentation layout, PyTorch zip, under 'state_dict'"));
  EXPECT_EQ(imported.model.metadata.provenance.at("note"),
            "imported from the mmsegmentation layout");

  const Checkpoint source = read_checkpoint(official());
  for (const auto& [found, wanted] :
       {std::pair{"fpn1.1.running_var", "backbone.fpn1.1.running_var"},
        std::pair{"blocks.1.mlp.fc1.weight", "backbone.blocks.1.mlp.w12.weight"},
        std::pair{"decode_head.bottleneck.conv.weight", "decode_head.bottleneck.conv.weight"}})
    EXPECT_TRUE(same(imported.model.at(found), source.tensors.at(wanted))) << found;
}

TEST(ImportSegmentation, OptionsNameClassesAndSize) {
  const Imported imported = import_checkpoint(official(), {.classes = {"lung"}, .image_size = 64});
  EXPECT_EQ(imported.model.metadata.classes, std::vector<std::string>{"lung"});
  EXPECT_EQ(imported.model.at("pos_embed").shape(), (Shape{1, 17, 128}));
  EXPECT_EQ(imported.model.metadata.preprocess.crop, 64);
  expect_error([] { import_checkpoint(official(), {.preset = "covidx4"}); }, "expected 1 classes");
  expect_error([] { import_checkpoint(official(), {.task = Task::multilabel}); },
               "is not a multilabel model");
}

class SegmentationFile : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::string path_ = folder_.file("m.pth");

  /// The official checkpoint with one thing changed.
  template <typename Change>
  void write(Change change) {
    TensorMap tensors = read_checkpoint(official()).tensors;
    change(tensors);
    torch::save(path_, StateDict(tensors.begin(), tensors.end()), "state_dict");
  }
  Imported import() { return import_checkpoint(path_, {}); }
};

TEST_F(SegmentationFile, SurvivesASaveAndALoad) {
  const ModelFile model = import_checkpoint(official(), {}).model;
  const std::string path = folder_.file("m.safetensors");
  save_model(path, model);
  const ModelFile again = load_model(path);
  EXPECT_EQ(to_json(again.metadata), to_json(model.metadata));
  EXPECT_EQ(to_json(again.metadata).at("decoder").dump(),
            R"({"kind":"upernet","channels":32,"pool_scales":[1,2,3,6],)"
            R"("in_channels":[128,128,128,128],"out_channels":1})");
  EXPECT_EQ(describe_checkpoint(path).parameters, 868'213);
  EXPECT_EQ(describe_checkpoint(official()).parameters, 868'213);
  EXPECT_EQ(describe_checkpoint(official()).layout, "mmsegmentation");
}

TEST_F(SegmentationFile, GoesBackToMmsegmentation) {
  const ModelFile model = import_checkpoint(official(), {}).model;
  export_model(model, path_, ExportLayout::official);
  const Checkpoint source = read_checkpoint(official());
  const Checkpoint exported = read_checkpoint(path_);
  EXPECT_EQ(exported.wrapper, "state_dict");
  for (const auto& [name, tensor] : source.tensors) {
    if (name.ends_with(".num_batches_tracked")) continue;  // PyTorch loads without
    ASSERT_TRUE(exported.tensors.contains(name)) << name;
    if (name.find("rope.") == std::string::npos) {
      EXPECT_TRUE(same(exported.tensors.at(name), tensor)) << name;
    }
  }
  EXPECT_EQ(to_json(import().model.metadata)["model"], to_json(model.metadata)["model"]);
  EXPECT_THROW(export_model(model, path_, ExportLayout::timm), UsageError);
  EXPECT_THROW(export_model(model, path_, ExportLayout::hf), UsageError);
}

TEST_F(SegmentationFile, WhatIsNotUsedIsLeftOut) {
  write([](TensorMap& tensors) {
    for (const char* name : {"backbone.norm.weight", "backbone.norm.bias", "backbone.head.weight",
                             "auxiliary_head.conv_seg.weight"})
      tensors[name] = Tensor(DType::f32, {128});
  });
  const Imported imported = import();
  EXPECT_TRUE(has_note(imported,
                       "left out what segmentation does not use: "
                       "auxiliary_head.conv_seg.weight, backbone.head.weight, "
                       "backbone.norm.bias and 1 more"));
}

TEST_F(SegmentationFile, WhatDoesNotFitIsNamed) {
  write([](TensorMap& tensors) {
    tensors.erase("decode_head.fpn_convs.1.bn.running_mean");
    tensors.erase("decode_head.psp_modules.3.1.conv.weight");
    tensors["decode_head.lateral_convs.3.conv.weight"] = Tensor(DType::f32, {32, 128, 1, 1});
    tensors["backbone.fpn2.0.weight"] = Tensor(DType::f32, {128, 64, 2, 2});
  });
  for (const char* part :
       {"missing decode_head.psp_modules.3.1.conv.weight, decode_head.fpn_convs.1.bn.running_mean",
        "unexpected decode_head.lateral_convs.3.conv.weight",
        "fpn2.0.weight (expected [128, 128, 2, 2], found [128, 64, 2, 2])"})
    expect_error([&] { import(); }, part);

  write([](TensorMap& tensors) { tensors.erase("decode_head.conv_seg.weight"); });
  expect_error([&] { import(); }, "found no decode_head.conv_seg.weight");
  write([](TensorMap& tensors) {
    tensors["decode_head.conv_seg.weight"] = Tensor(DType::f32, {1, 32});
  });
  expect_error([&] { import(); }, "to have 4 dimensions, found [1, 32]");
  write([](TensorMap& tensors) {
    tensors["decode_head.conv_seg.weight"] = Tensor(DType::f32, {0, 32, 1, 1});
  });
  expect_error([&] { import(); }, "at least one class");
}

// ResNet50 with U-Net at its official size; its pixels do not show in its tensors.
TEST_F(SegmentationFile, AUNetIsReadWithoutItsSize) {
  ModelConfig config = *published_config("resnet50");
  config.num_classes = 1;
  config.decoder = default_decoder(config);
  StateDict state;
  for (const auto& [name, shape] : parameters_of(config)) {
    const bool decoder = is_decoder_parameter(name);
    const std::string prefix = name.starts_with("decode_head.") ? ""
                               : decoder                        ? "backbone."
                                                                : "backbone.encoder.";
    state.emplace_back(prefix + name, Tensor(DType::f16, shape));
  }
  torch::save(path_, state, "state_dict");
  const Imported imported = import();
  const Metadata& metadata = imported.model.metadata;
  EXPECT_EQ(metadata.task, Task::segmentation);
  EXPECT_EQ(metadata.model.image_size, 512);
  EXPECT_EQ(metadata.model.decoder->kind, "unet");
  EXPECT_EQ(metadata.model.decoder->channels, 64);
  EXPECT_EQ(metadata.preprocess.crop, 512);
  EXPECT_EQ(to_json(metadata).at("decoder").dump(),
            R"({"kind":"unet","channels":64,"in_channels":[64,256,512,1024,2048],)"
            R"("out_channels":1})");
  EXPECT_EQ(import_checkpoint(path_, {.image_size = 256}).model.metadata.model.image_size, 256);
  const std::string model = folder_.file("m.safetensors");
  save_model(model, imported.model);
  EXPECT_EQ(describe_checkpoint(model).parameters, 32'530'369);
  export_model(load_model(model), folder_.file("back.pth"), ExportLayout::official);
  EXPECT_TRUE(
      read_checkpoint(folder_.file("back.pth")).tensors.contains("backbone.encoder.conv1.weight"));
}

struct Change {
  const char* pointer;
  const char* value;
  const char* sentence;
};

TEST(SegmentationMetadata, RefusesWhatDoesNotFit) {
  using Json = nlohmann::ordered_json;
  const Json good = to_json(import_checkpoint(official(), {}).model.metadata);
  for (const auto& [pointer, value, sentence] :
       {Change{"/task", "\"multilabel\"", "a 'multilabel' model has not a decoder"},
        Change{"/decoder/kind", "\"fcn\"", "expected the decoder 'upernet' for eva_x, found 'fcn'"},
        Change{"/decoder/channels", "0", "expected a whole number"},
        Change{"/decoder/pool_scales", "[]", "1 to 8 pool_scales, found 0"},
        Change{"/decoder/pool_scales", "[1,2,1000]", "pool_scales between 1 and 64, found 1000"},
        Change{"/decoder/in_channels", "[128]", "expected [128, 128, 128, 128], found [128]"},
        Change{"/decoder/out_channels", "2", "out_channels: expected 1 (num_classes), found 2"},
        Change{"/decoder/extra", "2", "unknown key 'extra'"},
        Change{"/thresholds", "[0.3,0.3]", "expected 1 numbers"}}) {
    Json changed = good;
    changed[Json::json_pointer(pointer)] = Json::parse(value);
    expect_error([&] { from_json(changed, "f"); }, sentence);
  }
  Json without = good;
  without.erase("decoder");
  expect_error([&] { from_json(without, "f"); }, "a 'segmentation' model needs a decoder");
}

}  // namespace
}  // namespace evax::weights
