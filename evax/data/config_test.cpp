#include "evax/data/config.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/data/augment/augment.h"
#include "evax/weights/config.h"

namespace evax::data {
namespace {

struct All {
  DataConfig data;
  AugmentConfig augment;
  weights::Preprocess preprocess;
};

All read(TomlTable& root) {
  All all;
  all.data = read_data_config(root.table("data"));
  all.augment = read_augment_config(root.table("augment"), {});
  all.preprocess = read_preprocess(root.table("preprocess"), {});
  root.finish();
  return all;
}

All read(const std::string& text) {
  TomlTable root = TomlTable::parse(text, "d.toml");
  return read(root);
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

TEST(Config, ReadsEveryKey) {
  const All all = read(R"(
[data]
kind = "csv"
images = "x"
train = "a.csv"
val = "b.csv"
test = "c.csv"
val_fraction = 0.2
classes = ["sick", "well"]
meta = ["sex"]
label_policy = "smooth"
fraction = 0.01
fraction_mode = "paper"
allow_leak = true
shuffle = false
bits = 12
workers = 7
split = {patient_column = "id", val = 0.3, test = 0.4, seed = 5}
[augment]
policy = "timm"
auto_augment = ""
crop_scale_min = 0.2
crop_scale_max = 0.9
crop_ratio_min = 0.5
crop_ratio_max = 2
flip = 0
rotate = 10
zoom = 0.25
shift = 0.125
erase = 0.25
erase_mode = "const"
mixup = 0.8
cutmix = 1
mix_probability = 0.6
mix_switch = 0.4
[preprocess]
resize = [480, 512]
crop = 470
fit = "squash"
arithmetic = "float"
interpolation = "bilinear"
antialias = false
mean = [0.1, 0.2, 0.3]
std = [0.4, 0.5, 0.6]
)");
  EXPECT_EQ(all.data.kind, "csv");
  EXPECT_EQ(all.data.images, "x");
  EXPECT_EQ(all.data.train, "a.csv");
  EXPECT_EQ(all.data.val, "b.csv");
  EXPECT_EQ(all.data.test, "c.csv");
  EXPECT_EQ(all.data.val_fraction, 0.2);
  EXPECT_EQ(all.data.classes, (std::vector<std::string>{"sick", "well"}));
  EXPECT_EQ(all.data.meta, std::vector<std::string>{"sex"});
  EXPECT_EQ(all.data.label_policy, "smooth");
  EXPECT_EQ(all.data.fraction, 0.01);
  EXPECT_EQ(all.data.fraction_mode, "paper");
  EXPECT_TRUE(all.data.allow_leak);
  EXPECT_FALSE(all.data.shuffle);
  EXPECT_EQ(all.data.bits, 12);
  EXPECT_EQ(all.data.workers, 7);
  ASSERT_TRUE(all.data.split);
  EXPECT_EQ(all.data.split->patient_column, "id");
  EXPECT_EQ(all.data.split->val, 0.3);
  EXPECT_EQ(all.data.split->test, 0.4);
  EXPECT_EQ(all.data.split->seed, 5U);
  EXPECT_EQ(all.augment.policy, "timm");
  EXPECT_EQ(all.augment.auto_augment, "");
  EXPECT_EQ(all.augment.crop_scale_min, 0.2);
  EXPECT_EQ(all.augment.crop_scale_max, 0.9);
  EXPECT_EQ(all.augment.crop_ratio_min, 0.5);
  EXPECT_EQ(all.augment.crop_ratio_max, 2);
  EXPECT_EQ(all.augment.flip, 0);
  EXPECT_EQ(all.augment.rotate, 10);
  EXPECT_EQ(all.augment.zoom, 0.25);
  EXPECT_EQ(all.augment.shift, 0.125);
  EXPECT_EQ(all.augment.erase, 0.25);
  EXPECT_EQ(all.augment.erase_mode, "const");
  EXPECT_EQ(all.augment.mixup, 0.8);
  EXPECT_EQ(all.augment.cutmix, 1);
  EXPECT_EQ(all.augment.mix_probability, 0.6);
  EXPECT_EQ(all.augment.mix_switch, 0.4);
  EXPECT_EQ(all.preprocess.resize, (std::array<int, 2>{480, 512}));
  EXPECT_EQ(all.preprocess.crop, 470);
  EXPECT_EQ(all.preprocess.fit, weights::Fit::squash);
  EXPECT_EQ(all.preprocess.arithmetic, weights::Arithmetic::real);
  EXPECT_EQ(all.preprocess.interpolation, Interpolation::bilinear);
  EXPECT_FALSE(all.preprocess.antialias);
  EXPECT_EQ(all.preprocess.mean, (std::array<float, 3>{0.1F, 0.2F, 0.3F}));
  EXPECT_EQ(all.preprocess.std, (std::array<float, 3>{0.4F, 0.5F, 0.6F}));
}

TEST(Config, AbsentKeysKeepTheirDefaults) {
  TomlTable root = TomlTable::parse("[data]\nkind = 'cxr14'\n", "d.toml");
  const All all = read(root);
  EXPECT_EQ(all.data.workers, DataConfig{}.workers);
  EXPECT_FALSE(all.data.split);
  EXPECT_EQ(all.augment.policy, "none");
  EXPECT_EQ(all.preprocess.resize, (std::array<int, 2>{256, 256}));
  EXPECT_EQ(all.preprocess.mean, weights::Preprocess{}.mean);
  TomlTable again = TomlTable::parse(root.text(), "again");
  read(again);
  EXPECT_EQ(again.text(), root.text());
}

TEST(Config, BadInputIsRefused) {
  const std::pair<const char*, const char*> bad[] = {
      {"",
       "d.toml: expected data.kind = one of cxr14, chexpert, covidx3, covidx4, csv, folder, "
       "shards, merged, found none"},
      {"[data]\nkind = 'nih'",
       "d.toml line 2: data.kind: expected one of cxr14, chexpert, covidx3, covidx4, csv, folder, "
       "shards, merged, found 'nih'"},
      {"[data]\nkind = 'merged'\ncorrupted = 'keep'",
       "d.toml line 3: data.corrupted: expected one of refuse, skip, found 'keep'"},
      {"[data]\nkind = 'csv'\nbits = 7",
       "d.toml line 3: data.bits: expected 0 (what the values use) or 8 to 16, found 7"},
      {"[data]\nkind = 'csv'\nfraction = 0",
       "d.toml line 3: data.fraction: expected a number above 0, at most 1, found 0"},
      {"[data]\nkind = 'csv'\nlabel_policy = 'x'",
       "d.toml line 3: data.label_policy: expected one of ones, zeros, ignore, smooth, eva_x, "
       "eva_x_smooth, found 'x'"},
      {"[data]\nkind = 'csv'\nclasses = ['a', 'a']",
       "d.toml: data.classes: the class 'a' is named twice"},
      {"[data]\nkind = 'csv'\nsplit = {val = 0.5, test = 0.5}",
       "d.toml line 3: data.split.test: expected less than the 0.5 that val = 0.5 leaves for "
       "training and test, found 0.5"},
      {"[data]\nkind = 'cxr14'\nsplit = {val = 0.5}",
       "d.toml line 3: data.split: expected lists (train, val, test) for the kind cxr14, found a "
       "table"},
      {"[data]\nkind = 'csv'\nval_fraction = 1",
       "d.toml line 3: data.val_fraction: expected a number below 1, found 1"},
      {"[data]\nkind = 'csv'\nworkers = 0",
       "d.toml line 3: data.workers: expected a whole number between 1 and 1024, found 0"},
      {"[data]\nkind = 'csv'\n[augment]\ncrop_scale_min = 0.5\ncrop_scale_max = 0.4",
       "d.toml line 5: augment.crop_scale_max: expected a number between 0.5 and 1, found 0.4"},
      {"[data]\nkind = 'csv'\n[augment]\npolicy = 'timn'",
       "d.toml line 4: augment.policy: expected one of none, timm, pretrain, segment, found "
       "'timn'"},
      {"[data]\nkind = 'csv'\n[preprocess]\ncrop = 300",
       "d.toml: preprocess.resize: expected at least the crop of 300, found 256"},
      {"[data]\nkind = 'csv'\n[preprocess]\nfit = 'pad'",
       "d.toml: preprocess.fit: expected one of shorter, squash, found 'pad'"},
      {"[data]\nkind = 'csv'\n[preprocess]\nstd = [1, 1, 0]",
       "d.toml: preprocess.std: expected a number between 0.001 and 1, found 0.0"},
      {"[data]\nkind = 'csv'\n[preprocess]\nresize = [256, 300]",
       "d.toml: preprocess.resize: expected one number for fit 'shorter', found two"},
  };
  for (const auto& [text, sentence] : bad) EXPECT_EQ(refusal(text), sentence) << text;
}

}  // namespace
}  // namespace evax::data
