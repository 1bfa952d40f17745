#include "evax/data/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/data/augment/augment.h"
#include "evax/weights/config.h"

namespace evax::data {
namespace {

constexpr Range share{.low = 0, .high = 1};
constexpr Range positive{.low = 0, .above = true};

SplitConfig read_split(TomlTable& table, SplitConfig split) {
  table.read("patient_column", split.patient_column);
  table.read("val", split.val, share);
  table.read("test", split.test, share);
  table.read("seed", split.seed);
  if (split.val + split.test >= 1)
    table.refuse("test", fmt::format("less than the {} that val = {} leaves for training and test",
                                     1 - split.val, split.val));
  return split;
}

}  // namespace

void read_bits(TomlTable& table, int& bits) {
  table.read("bits", bits, {.low = 0, .high = 16});
  if (bits > 0 && bits < 8) table.refuse("bits", "0 (what the values use) or 8 to 16");
}

DataConfig read_data_config(TomlTable& table, DataConfig config) {
  table.read("kind", config.kind,
             {"cxr14", "chexpert", "covidx3", "covidx4", "csv", "folder", "shards", "merged"});
  table.read("images", config.images);
  table.read("masks", config.masks);
  table.read("mask_values", config.mask_values, {"auto", "index"});
  table.read("train", config.train);
  table.read("val", config.val);
  table.read("test", config.test);
  table.read("val_fraction", config.val_fraction, share);
  if (config.val_fraction >= 1) table.refuse("val_fraction", "a number below 1");
  table.read("classes", config.classes);
  weights::check_classes(config.classes, table.name() + ".classes");
  table.read("meta", config.meta);
  const std::vector<std::string> policies{"ones",   "zeros", "ignore",
                                          "smooth", "eva_x", "eva_x_smooth"};
  table.read("label_policy", config.label_policy);
  if (!config.label_policy.empty()) table.read("label_policy", config.label_policy, policies);
  table.read("fraction", config.fraction, {.low = 0, .high = 1, .above = true});
  table.read("fraction_mode", config.fraction_mode, {"honest", "paper"});
  table.read("allow_leak", config.allow_leak);
  table.read("force", config.force);
  table.read("corrupted", config.corrupted, {"refuse", "skip"});
  read_bits(table, config.bits);
  table.read("shuffle", config.shuffle);
  table.read("workers", config.workers, {.low = 1, .high = 1024});
  if (config.split || table.has("split")) {
    const std::vector<std::string> dealt{"csv", "folder", "shards", "merged"};
    if (std::find(dealt.begin(), dealt.end(), config.kind) == dealt.end())
      table.refuse("split", fmt::format("lists (train, val, test) for the kind {}", config.kind));
    config.split = read_split(table.table("split"), config.split.value_or(SplitConfig{}));
  }
  return config;
}

AugmentConfig read_augment_config(TomlTable& table, const AugmentConfig& defaults) {
  AugmentConfig config = defaults;
  table.read("policy", config.policy, {"none", "timm", "pretrain", "segment"});
  table.read("auto_augment", config.auto_augment);
  table.read("crop_scale_min", config.crop_scale_min, {.low = 0, .high = 1, .above = true});
  table.read("crop_scale_max", config.crop_scale_max, {.low = config.crop_scale_min, .high = 1});
  table.read("crop_ratio_min", config.crop_ratio_min, positive);
  table.read("crop_ratio_max", config.crop_ratio_max, {.low = config.crop_ratio_min});
  table.read("flip", config.flip, share);
  table.read("rotate", config.rotate, {.low = 0, .high = 180});
  table.read("zoom", config.zoom, {.low = 0, .high = 4});
  table.read("shift", config.shift, share);
  table.read("erase", config.erase, share);
  table.read("erase_mode", config.erase_mode, {"const", "rand", "pixel"});
  table.read("mixup", config.mixup, {.low = 0});
  table.read("cutmix", config.cutmix, {.low = 0});
  table.read("mix_probability", config.mix_probability, share);
  table.read("mix_switch", config.mix_switch, share);
  return config;
}

weights::Preprocess read_preprocess(TomlTable& table, const weights::Preprocess& defaults) {
  // The words and the rules are those of a model file's metadata: one list of them.
  nlohmann::ordered_json json = to_json(defaults);
  const auto word = [&](const char* key) {
    auto value = json[key].get<std::string>();
    table.read(key, value);
    json[key] = value;
  };
  std::vector<int64_t> resize = json["resize"].is_array()
                                    ? json["resize"].get<std::vector<int64_t>>()
                                    : std::vector<int64_t>{json["resize"].get<int64_t>()};
  table.read("resize", resize, {.low = 1});
  json["resize"] = resize;
  if (resize.size() == 1) json["resize"] = resize[0];
  int crop = defaults.crop;
  table.read("crop", crop, {.low = 1});
  json["crop"] = crop;
  word("fit");
  word("arithmetic");
  word("interpolation");
  bool antialias = defaults.antialias;
  table.read("antialias", antialias);
  json["antialias"] = antialias;
  for (const char* key : {"mean", "std"}) {
    auto channels = json[key].get<std::vector<double>>();
    table.read(key, channels);
    json[key] = channels;
  }
  return weights::preprocess_from_json(json, table.name());
}

}  // namespace evax::data
