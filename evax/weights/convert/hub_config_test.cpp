// What stands beside a Hugging Face folder's weights. Expected sizes are those of timm's
// transforms_imagenet_eval (floor of size / crop_pct) and of transformers' image processors.

#include "evax/weights/convert/hub_config.h"

#include <nlohmann/json.hpp>

#include "evax/core/file.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/hub_folder.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::error_of;
using testing::expect_error;
using testing::fixture;

TEST(HubFolder, PreprocessingAndClassesAreThoseOfItsConfig) {
  const Imported imported = import_checkpoint(fixture("field/weights/hf_folder"), {});
  const Metadata& metadata = imported.model.metadata;
  EXPECT_EQ(metadata.classes, (std::vector<std::string>{"a", "b", "c"}));
  const Preprocess& preprocess = metadata.preprocess;
  EXPECT_EQ(preprocess.mean, (std::array<float, 3>{0.7F, 0.7F, 0.7F}));
  EXPECT_EQ(preprocess.std, (std::array<float, 3>{0.2F, 0.2F, 0.2F}));
  EXPECT_EQ(preprocess.fit, Fit::squash);
  EXPECT_EQ(preprocess.resize, (std::array<int, 2>{64, 64}));
  EXPECT_EQ(preprocess.crop, 64);
  EXPECT_EQ(preprocess.interpolation, Interpolation::bilinear);
  EXPECT_EQ(preprocess.arithmetic, Arithmetic::pillow8);
  EXPECT_TRUE(preprocess.antialias);
  const std::string notes = fmt::format("{}", fmt::join(imported.notes, "\n"));
  EXPECT_NE(notes.find("images as config.json says: squashed to 64 x 64 (bilinear), crop 64, mean "
                       "0.7, std 0.2"),
            std::string::npos)
      << notes;
}

class HubFiles : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& json) {
    write_file(folder_.file(name), json);
  }
  HubConfig read() const { return read_hub_config(folder_.file("")); }
  Preprocess preprocess(int size) {
    notes_.clear();
    return preprocess_of(*read().transform, size, {}, notes_);
  }
  std::string notes() const { return fmt::format("{}", fmt::join(notes_, "\n")); }

  testing::TemporaryFolder folder_;
  std::vector<std::string> notes_;
};

TEST_F(HubFiles, TimmsCropIsAShareOfTheSize) {
  const std::tuple<const char*, int, int> rows[] = {{"0.875", 224, 256}, {"0.9", 224, 248},
                                                    {"0.95", 224, 235},  {"1.0", 384, 384},
                                                    {"0.9", 256, 284},   {"0.965", 224, 232}};
  for (const auto& [share, size, resize] : rows) {
    write("config.json", std::string(R"({"pretrained_cfg": {"mean": [0.5], "std": [0.25, 0.5, 1],
        "interpolation": "bicubic", "crop_mode": "center", "crop_pct": )") +
                             share + "}}");
    const Preprocess found = preprocess(size);
    EXPECT_EQ(found.resize[0], resize) << share;
    EXPECT_EQ(found.fit, Fit::shorter);
    EXPECT_EQ(found.mean[2], 0.5F);
    EXPECT_EQ(found.std[2], 1.0F);
  }
}

TEST_F(HubFiles, OlderFoldersOfTimmSayItAtTheTop) {
  write("config.json", R"({"architecture": "x", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
                           "input_size": [3, 224, 224], "crop_pct": 0.9})");
  EXPECT_EQ(preprocess(224).resize[0], 248);
  EXPECT_EQ(preprocess(224).mean[0], 0.5F);
}

TEST_F(HubFiles, WhatIsNotSaidIsNamed) {
  write("config.json", R"({"pretrained_cfg": {"crop_pct": 1}})");
  EXPECT_EQ(preprocess(224).mean[0], Preprocess{}.mean[0]);
  EXPECT_NE(notes().find("does not give mean"), std::string::npos) << notes();
  write("config.json", R"({"pretrained_cfg": {"mean": [0.5], "std": [0.5], "crop_mode": "border",
                           "interpolation": "lanczos", "input_size": [3, 256, 256]}})");
  EXPECT_EQ(preprocess(224).interpolation, Interpolation::bicubic);
  for (const char* part : {"no crop_mode 'border'", "no interpolation 'lanczos'",
                           "says 256 pixels, the network takes 224"})
    EXPECT_NE(notes().find(part), std::string::npos) << notes();
}

TEST_F(HubFiles, ValuesOutOfRangeAreRefused) {
  for (const char* config :
       {R"({"mean": [123.7, 116.3, 103.5]})", R"({"std": [58.4]})", R"({"mean": [0.5, 0.5]})",
        R"({"crop_pct": 0})", R"({"crop_pct": 1e300})", R"({"crop_pct": "1"})", R"({"mean": 0.5})",
        R"({"mean": [0.5], "std": [0]})", R"({"mean": [0.5], "input_size": [3, 224, 225]})",
        R"({"mean": [0.5], "interpolation": 3})", R"({"mean": [null, 0, 0]})"}) {
    write("config.json", std::string(R"({"pretrained_cfg": )") + config + "}");
    const std::string found = error_of([&] { preprocess(224); });
    EXPECT_NE(found.find("config.json: "), std::string::npos) << config << " " << found;
    EXPECT_NE(found.find("expected"), std::string::npos) << config << " " << found;
  }
  for (const char* json : {"[]", "1", "{", "\"x\""}) {
    write("config.json", json);
    expect_error([&] { read(); }, "config.json: expected");
  }
}

TEST_F(HubFiles, TransformersImageProcessors) {
  write("preprocessor_config.json", R"({"image_processor_type": "ViTImageProcessor",
      "do_resize": true, "size": {"height": 224, "width": 224}, "resample": 2,
      "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
      "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})");
  Preprocess found = preprocess(224);
  EXPECT_EQ(found.fit, Fit::squash);
  EXPECT_EQ(found.resize, (std::array<int, 2>{224, 224}));
  EXPECT_EQ(found.interpolation, Interpolation::bilinear);
  EXPECT_EQ(found.mean[1], 0.5F);
  write("preprocessor_config.json", R"({"size": {"shortest_edge": 256}, "resample": 3,
      "do_center_crop": true, "crop_size": {"height": 224, "width": 224}, "do_normalize": false})");
  found = preprocess(224);
  EXPECT_EQ(found.fit, Fit::shorter);
  EXPECT_EQ(found.resize[0], 256);
  EXPECT_EQ(found.interpolation, Interpolation::bicubic);
  EXPECT_EQ(found.mean[0], 0.0F);
  EXPECT_EQ(found.std[0], 1.0F);
  write("preprocessor_config.json",
        R"({"feature_extractor_type": "ViTFeatureExtractor", "size": 224})");
  EXPECT_EQ(preprocess(224).fit, Fit::squash);
  write("preprocessor_config.json", R"({"feature_extractor_type": "ConvNextFeatureExtractor",
      "size": {"shortest_edge": 224}, "crop_pct": 0.875})");
  EXPECT_EQ(preprocess(224).resize[0], 256);
  EXPECT_EQ(preprocess(224).fit, Fit::shorter);
  write("preprocessor_config.json", R"({"rescale_factor": 0.0078})");
  expect_error([&] { read(); }, "rescale_factor: expected 1/255");
}

TEST_F(HubFiles, LabelsAndTaskOfTransformers) {
  write("config.json", R"({"id2label": {"1": "b", "0": "a", "10": "k", "2": "c", "3": "d",
      "4": "e", "5": "f", "6": "g", "7": "h", "8": "i", "9": "j"},
      "problem_type": "multi_label_classification"})");
  EXPECT_EQ(fmt::format("{}", fmt::join(read().classes, "")), "abcdefghijk");
  EXPECT_EQ(read().task, Task::multilabel);
  write("config.json", R"({"id2label": {"0": "a", "2": "b"}})");
  expect_error([&] { read(); }, "id2label: expected the ids 0 to 1, found no 1");
}

// timm: math.floor(crop / crop_pct), for every size in use.
TEST(HubFolder, TheWrittenShareGivesTheResizeBack) {
  const testing::TemporaryFolder folder;
  ModelFile model = import_checkpoint(fixture("field/weights/hf_folder"), {}).model;
  for (int resize = 64; resize <= 130; ++resize) {
    model.metadata.preprocess.fit = Fit::shorter;
    model.metadata.preprocess.resize = {resize, resize};
    const std::string path = folder.file(std::to_string(resize));
    save_hub_folder(path, model.metadata, {}, {});
    const auto bytes = read_file(path + "/config.json", 1 << 20);
    const auto config = nlohmann::json::parse(
        std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    const double share = config["pretrained_cfg"]["crop_pct"].get<double>();
    EXPECT_EQ(std::floor(64 / share), resize);
    EXPECT_NEAR(share, 64.0 / resize, 1e-9);
  }
}

}  // namespace
}  // namespace evax::weights
