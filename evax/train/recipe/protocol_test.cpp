#include "evax/train/recipe/protocol.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "evax/core/file.h"
#include "evax/train/checkpoint/weights_hash.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

class ProtocolTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("evax_protocol_test_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    write_file((folder_ / "train.csv").string(), std::string_view("abc"));
    recipe_ = parse_recipe("[data]\nkind = 'csv'\nimages = '/a/images'\n", "r.toml",
                           {"data.train=" + (folder_ / "train.csv").string()});
    splits_.policy = "ignore";
    splits_.notes = {"no validation list"};
    splits_.train = dataset({{"/a/images/1.png", "p1", {1, NAN}},
                             {"/a/images/2.png", "p1", {0, 0.75F}},
                             {"/a/images/3.png", "p2", {0, 1}}});
    splits_.val = dataset({{"/a/images/4.png", "p3", {0, 0}}});
  }
  void TearDown() override { fs::remove_all(folder_); }

  static data::Dataset dataset(std::vector<data::Sample> samples) {
    data::Dataset made;
    made.classes = {"Mass", "Edema"};
    made.samples = std::move(samples);
    made.source = "train.csv";
    return made;
  }

  fs::path folder_;
  Recipe recipe_;
  data::Splits splits_;
};

// Digests from sha256sum.
TEST_F(ProtocolTest, TellsWhatTheRunDependsOn) {
  const auto json = protocol(recipe_, splits_, "1.2");
  EXPECT_EQ(json["code_version"], "1.2");
  EXPECT_EQ(json["label_policy"], "ignore");
  EXPECT_EQ(json["notes"][0], "no validation list");
  EXPECT_EQ(json["train"]["list_sha256"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(json["train"]["images"], 3);
  EXPECT_EQ(json["train"]["patients"], 2);
  EXPECT_EQ(json["train"]["classes"].dump(), R"({"Mass":{"positive":1,"negative":2,"ignored":0},)"
                                             R"("Edema":{"positive":2,"negative":0,"ignored":1}})");
  EXPECT_EQ(json["val"]["images"], 1);
  EXPECT_EQ(
      json["val"]["samples_sha256"],
      "64748f051bbeba9d4935c0a489cb907836c9f1ef713a22aa5189591b255ed319");  // printf
                                                                            // '4.png\tp3\t-1\t0
                                                                            // 0\n' | sha256sum
  EXPECT_TRUE(json["test"].is_null());
  EXPECT_TRUE(json["init_sha256"].is_null());
  EXPECT_EQ(json["init"], "random");
}

TEST_F(ProtocolTest, SamplesHashAlikeWhereverTheImagesLie) {
  const auto before = protocol(recipe_, splits_, "1");
  recipe_.data.images = "/b/";
  for (data::Sample& sample : splits_.train.samples) sample.path.replace(0, 9, "/b");
  const auto after = protocol(recipe_, splits_, "1");
  EXPECT_EQ(before["train"]["samples_sha256"], after["train"]["samples_sha256"]);
  EXPECT_NE(before["recipe_sha256"], after["recipe_sha256"]);
  splits_.train.samples[0].labels[0] = 0;
  EXPECT_NE(protocol(recipe_, splits_, "1")["train"]["samples_sha256"],
            after["train"]["samples_sha256"]);
}

TEST_F(ProtocolTest, RepeatsShareTheSeedlessRecipe) {
  const auto first = protocol(recipe_, splits_, "1");
  recipe_.run.seed = 7;
  const auto second = protocol(recipe_, splits_, "1");
  EXPECT_NE(first["recipe_sha256"], second["recipe_sha256"]);
  EXPECT_EQ(first["seedless_recipe_sha256"], second["seedless_recipe_sha256"]);
  recipe_.optim.lr *= 2;
  EXPECT_NE(protocol(recipe_, splits_, "1")["seedless_recipe_sha256"],
            second["seedless_recipe_sha256"]);
}

TEST_F(ProtocolTest, TellsWhereTheInitialModelCameFrom) {
  EXPECT_TRUE(protocol(recipe_, splits_, "1")["init_provenance"].is_null());
  recipe_.model.init = std::string(EVAX_SOURCE_DIR) + "/demo/pneumonia.safetensors";
  const auto json = protocol(recipe_, splits_, "1");
  EXPECT_EQ(json["init_provenance"]["recipe"], "classify eva_x_tiny on csv, seed 0");
  recipe_.model.init = std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/parity/tinyb.pth";
  EXPECT_TRUE(protocol(recipe_, splits_, "1")["init_provenance"].is_null());
}

TEST_F(ProtocolTest, TellsOfTheWeightsOfAFolder) {
  const fs::path hub = folder_ / "hub";
  fs::create_directories(hub);
  recipe_.model.init = hub.string();
  write_file((hub / "model-00001-of-00002.safetensors").string(), std::string_view("abc"));
  write_file((hub / "config.json").string(), std::string_view("{}"));
  // printf 'model-00001-of-00002.safetensors %s\n' $(printf abc | sha256sum | cut -d' ' -f1) |
  // sha256sum
  EXPECT_EQ(weights_sha256(hub.string()),
            "3d4a7526d3410ccbf9ea01ab98a0d82886f070d4df84a586fae2fbd30204d320");
  write_file((hub / "model.safetensors").string(), std::string_view("abc"));
  EXPECT_EQ(weights_sha256(hub.string()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(weights_sha256("random"), "");
}

using Lines = std::vector<std::string>;

TEST_F(ProtocolTest, ChangesOfTheDataAreFound) {
  const auto before = protocol(recipe_, splits_, "1");
  const auto found = [&] {
    return protocol_changes(before, protocol(recipe_, splits_, "2")).found;
  };
  EXPECT_EQ(found(), Lines{});  // another version is no change

  splits_.notes = {"told otherwise"};
  splits_.train.source = "./train.csv";
  EXPECT_EQ(found(), Lines{});

  splits_.train.samples.pop_back();  // unlike the list's file
  const Lines shorter = found();
  ASSERT_EQ(shorter.size(), 6U);
  EXPECT_EQ(shorter[0], "train.images: 3 -> 2");
  EXPECT_EQ(shorter[1], "train.patients: 2 -> 1");
  EXPECT_TRUE(shorter[2].starts_with("train.samples_sha256: ")) << shorter[2];
  EXPECT_TRUE(shorter[3].starts_with("train.pictures_sha256: ")) << shorter[3];
  EXPECT_EQ(shorter[4], "train.classes.Mass.negative: 2 -> 1");
  EXPECT_EQ(shorter[5], "train.classes.Edema.positive: 2 -> 1");
}

TEST_F(ProtocolTest, ChangesOfFilesAndListsAreFound) {
  splits_.train.samples[0].path = (folder_ / "1.png").string();
  write_file(splits_.train.samples[0].path, std::string_view("one"));
  splits_.test = splits_.val;
  const auto before = protocol(recipe_, splits_, "1");
  const auto found = [&] {
    return protocol_changes(before, protocol(recipe_, splits_, "1")).found;
  };

  write_file(splits_.train.samples[0].path, std::string_view("two"));
  ASSERT_EQ(found().size(), 1U);
  EXPECT_TRUE(found()[0].starts_with("train.pictures_sha256: ")) << found()[0];
  write_file(splits_.train.samples[0].path, std::string_view("one"));
  EXPECT_EQ(found(), Lines{});

  splits_.test.samples[0].patient = "p1";
  ASSERT_EQ(found().size(), 1U);
  EXPECT_TRUE(found()[0].starts_with("test.samples_sha256: ")) << found()[0];
  splits_.test = {};
  EXPECT_EQ(found(), Lines{"test: list of 1 -> none"});
  splits_.test = splits_.val;
  splits_.train.classes = {"Mass", "Oedema"};
  EXPECT_FALSE(found().empty());
  EXPECT_EQ(found()[0], R"(classes: ["Mass","Edema"] -> ["Mass","Oedema"])");
}

// A file of before pictures_sha256, and one of before the weights of a folder were hashed.
TEST_F(ProtocolTest, WhatAnOlderVersionDidNotKeepIsNoChange) {
  const auto now = protocol(recipe_, splits_, "2");
  auto before = now;
  before["train"].erase("pictures_sha256");
  before["val"].erase("pictures_sha256");
  auto with_weights = now;
  with_weights["init_sha256"] = "ba7816bf";
  const ProtocolChanges changes = protocol_changes(before, with_weights);
  EXPECT_EQ(changes.found, Lines{});
  EXPECT_EQ(changes.unrecorded,
            (Lines{"train.pictures_sha256", "val.pictures_sha256", "init_sha256"}));
  with_weights["init_sha256"] = "cb00753f";
  before["init_sha256"] = "ba7816bf";
  EXPECT_EQ(protocol_changes(before, with_weights).found,
            Lines{"init_sha256: ba7816bf -> cb00753f"});
}

TEST_F(ProtocolTest, SelectionOnTheTestSetIsMarked) {
  EXPECT_EQ(selection_set(recipe_, splits_), "validation");
  recipe_.run.protocol = "paper";
  EXPECT_EQ(selection_set(recipe_, splits_), "none (the last epoch is kept)");
  splits_.test = splits_.val;
  EXPECT_EQ(selection_set(recipe_, splits_), "TEST (as the original)");
  EXPECT_EQ(protocol(recipe_, splits_, "1")["selection_set"], "TEST (as the original)");
}

TEST_F(ProtocolTest, MulticlassLabelsAreCounted) {
  splits_.train.task = weights::Task::multiclass;
  for (data::Sample& sample : splits_.train.samples) {
    sample.labels.clear();
    sample.label = 1;
  }
  splits_.train.samples[0].label = 0;
  EXPECT_EQ(protocol(recipe_, splits_, "1")["train"]["classes"].dump(),
            R"({"Mass":{"positive":1,"negative":2,"ignored":0},)"
            R"("Edema":{"positive":2,"negative":1,"ignored":0}})");
}

}  // namespace
}  // namespace evax::train
