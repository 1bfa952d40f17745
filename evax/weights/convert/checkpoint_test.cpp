// What training programs write: wrappers, prefixes, shards and adapters.

#include "evax/weights/convert/checkpoint.h"

#include <filesystem>

#include "evax/core/file.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/weight_files.h"
#include "evax/weights/testing.h"
#include "evax/weights/torch/save.h"

namespace evax::weights {
namespace {

using testing::error_of;
using testing::expect_error;
using testing::fixture;

std::string field(const std::string& name) { return fixture("field/weights/" + name); }

bool notes_say(const std::vector<std::string>& notes, const std::string& part) {
  for (const std::string& note : notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

void expect_same(const TensorMap& a, const TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    const Tensor& other = b.at(name);
    EXPECT_TRUE(std::equal(tensor.bytes().begin(), tensor.bytes().end(), other.bytes().begin(),
                           other.bytes().end()))
        << name;
  }
}

class TrainedNetwork : public ::testing::Test {
 protected:
  torch::StateDict named(const std::string& prefix, const std::string& wrapper = "") const {
    torch::StateDict state;
    for (const auto& [name, tensor] : whole_.tensors) {
      std::string renamed = name;
      if (!wrapper.empty() && name.starts_with("blocks.0.")) renamed.insert(9, wrapper);
      state.emplace_back(prefix + renamed, tensor);
    }
    return state;
  }
  Imported import(const torch::StateDict& state, const std::string& wrapper) {
    torch::save(path_, state, wrapper);
    return import_checkpoint(path_, {});
  }

  testing::TemporaryFolder folder_;
  std::string path_ = folder_.file("x.pth");
  Checkpoint whole_ = read_checkpoint(field("hf_folder"));
  ModelFile model_ = import_checkpoint(field("hf_folder"), {}).model;
};

TEST_F(TrainedNetwork, AnyPrefixIsTakenOffAndNamed) {
  for (const char* prefix :
       {"_orig_mod.", "module.", "model.", "net.", "backbone.", "encoder.", "_orig_mod.module.",
        "module._orig_mod.", "base_model.model.", "model.net.encoder.", "student.vit.",
        "_forward_module.model.", "my_classifier.trunk.0."}) {
    const Imported imported = import(named(prefix), "state_dict");
    expect_same(imported.model.tensors, model_.tensors);
    EXPECT_TRUE(notes_say(imported.notes, "removed ")) << prefix;
  }
  EXPECT_TRUE(
      notes_say(import(named("model.net."), "").notes, "removed the prefix model.net. from"));
  EXPECT_FALSE(notes_say(import(named(""), "").notes, "removed"));
}

TEST_F(TrainedNetwork, WrappersOfModulesAreTakenOutOfTheNames) {
  for (const char* wrapper : {"_checkpoint_wrapped_module.", "_orig_mod.",
                              "_fsdp_wrapped_module._checkpoint_wrapped_module."}) {
    const Imported imported = import(named("module.", wrapper), "model");
    expect_same(imported.model.tensors, model_.tensors);
  }
  torch::StateDict state = named("");
  state.emplace_back("_orig_mod.head.bias", whole_.tensors.at("head.bias"));
  expect_error([&] { import(state, ""); }, "two tensors would both become head.bias");
}

TEST_F(TrainedNetwork, WhatStandsBesideTheNetworkIsNamed) {
  torch::StateDict state = named("model.");
  state.emplace_back("criterion.pos_weight", Tensor::from_floats({3}, std::vector{1.F, 2.F, 3.F}));
  const Imported imported = import(state, "state_dict");
  expect_same(imported.model.tensors, model_.tensors);
  EXPECT_TRUE(notes_say(imported.notes,
                        "left out 1 tensors without the prefix model.: criterion.pos_weight"));
}

TEST_F(TrainedNetwork, OfTwoNetworksTheAveragedOneIsTaken) {
  torch::StateDict state = named("model.");
  for (const auto& [name, tensor] : named("model_ema.module.")) {
    const bool head = name.ends_with("head.bias");
    state.emplace_back(name, head ? Tensor::from_floats({3}, std::vector{7.F, 8.F, 9.F}) : tensor);
  }
  EXPECT_EQ(import(state, "").model.at("head.bias").floats()[1], 8.0F);
  state = named("student.");
  for (const auto& item : named("teacher.")) state.push_back(item);
  expect_error([&] { import(state, ""); },
               "expected one network, found 2, whose names begin with student., teacher.");
}

TEST_F(TrainedNetwork, AnyWrapperIsOpened) {
  for (const char* wrapper : {"state_dict", "model_state_dict", "net", "ema", "model_ema", "model",
                              "module", "weights", "what_nobody_else_calls_it"}) {
    torch::save(path_, named(""), wrapper);
    EXPECT_EQ(read_checkpoint(path_).wrapper, wrapper);
    expect_same(import_checkpoint(path_, {}).model.tensors, model_.tensors);
  }
}

TEST_F(TrainedNetwork, AdaptersAreRefused) {
  for (const char* name : {"blocks.0.attn.qkv.lora_A.default.weight", "blocks.0.attn.qkv.lora_B",
                           "blocks.0.attn.qkv.base_layer.weight", "blocks.0.mlp.hada_w1_a"}) {
    torch::StateDict state = named("base_model.model.");
    state.emplace_back(std::string("base_model.model.") + name, Tensor(DType::f16, {8, 64}));
    expect_error([&] { import(state, ""); }, "adapters that are not merged into them");
    expect_error([&] { import(state, ""); }, name);
  }
  expect_error([] { import_checkpoint(field("peft_unmerged.pth"), {}); },
               "lora_A.default.weight, base_model.model.blocks.0.attn.qkv.lora_B.default.weight): "
               "merge them");
}

// Written by PyTorch; timm 1.0's load_state_dict takes state_dict_ema of this one.
TEST(Wrappers, TimmsAveragedWeightsComeFirst) {
  const Imported imported = import_checkpoint(field("timm_state_dict_ema.pth"), {});
  EXPECT_TRUE(
      notes_say(imported.notes, "under 'state_dict_ema' are taken, not those under state_dict"));
  const Tensor head = imported.model.at("head.weight").to_f32();
  const Tensor averaged = read_checkpoint(field("hf_folder")).tensors.at("head.weight").to_f32();
  for (size_t i = 0; i < averaged.floats().size(); ++i)  // state_dict holds half of each
    ASSERT_EQ(head.floats()[i], averaged.floats()[i]);
}

TEST(Wrappers, KeysAreFollowedToTheTensors) {
  const Checkpoint unknown = read_checkpoint(field("unknown_key.pth"));
  EXPECT_EQ(unknown.wrapper, "my_net");
  EXPECT_EQ(unknown.tensors.size(), 2U);
  const Checkpoint nested = read_checkpoint(field("nested_keys.pth"));
  EXPECT_EQ(nested.wrapper, "model_ema.state_dict");
  EXPECT_EQ(nested.passed_over, (std::vector<std::string>{"state_dict"}));
  EXPECT_EQ(nested.tensors.at("a").floats()[0], 5.0F);
  expect_error([] { read_checkpoint(field("two_networks.pth")); },
               "expected one dictionary of tensors, found several: student, teacher");
}

class Shards : public ::testing::Test {
 protected:
  Shards() {
    std::filesystem::copy(field("hf_sharded"), folder_.file("hub"),
                          std::filesystem::copy_options::recursive);
  }
  void write_index(const std::string& json) {
    write_file(folder_.file("hub/model.safetensors.index.json"), json);
  }
  std::string refusal() const {
    return error_of([&] { import_checkpoint(folder_.file("hub"), {}); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Shards, AreReadAsOne) {
  expect_same(import_checkpoint(folder_.file("hub"), {}).model.tensors,
              import_checkpoint(field("hf_folder"), {}).model.tensors);
  expect_error([] { import_checkpoint(field("hf_sharded/model-00001-of-00002.safetensors"), {}); },
               "found one shard of several: import its folder");
}

TEST_F(Shards, NamesStayInTheFolder) {
  for (const char* name :
       {"../model-00001-of-00002.safetensors", "/etc/passwd", "..", "", ".safetensors",
        "a/b.safetensors", "x.py", "a\\u0000.safetensors", "a\\n.safetensors"}) {
    write_index(std::string(R"({"weight_map": {"a": ")") + name + "\"}}");
    EXPECT_NE(refusal().find("expected the name of a .safetensors file in its folder"),
              std::string::npos)
        << name << ": " << refusal();
  }
}

TEST_F(Shards, AnIndexThatIsNoneIsRefused) {
  for (const char* json : {"[]", "{}", R"({"weight_map": []})", R"({"weight_map": {}})", "1"}) {
    write_index(json);
    EXPECT_NE(refusal().find("expected a weight_map"), std::string::npos) << refusal();
  }
  write_index(R"({"weight_map": {"a": 1}})");
  EXPECT_NE(refusal().find("found 1"), std::string::npos) << refusal();
  write_index("{");
  EXPECT_NE(refusal().find("expected JSON"), std::string::npos) << refusal();
}

TEST_F(Shards, TensorsLieWhereTheIndexSays) {
  write_index(R"({"weight_map": {"head.bias": "model-00002-of-00002.safetensors"}})");
  EXPECT_NE(refusal().find("expected the tensors that"), std::string::npos) << refusal();
  std::filesystem::remove(folder_.file("hub/model-00002-of-00002.safetensors"));
  EXPECT_NE(refusal().find("model-00002-of-00002.safetensors"), std::string::npos) << refusal();
  save_safetensors(folder_.file("hub/model-00002-of-00002.safetensors"),
                   {{"head.bias", Tensor(DType::f16, {3})}}, {});
  write_index(R"({"weight_map": {"head.bias": "model-00002-of-00002.safetensors",
                                 "lost": "model-00002-of-00002.safetensors"}})");
  EXPECT_NE(refusal().find("expected lost"), std::string::npos) << refusal();
}

TEST(WeightFiles, OfAFolderAreFound) {
  const testing::TemporaryFolder folder;
  expect_error([&] { find_weight_files(folder.file("")); }, "found none of them");
  write_file(folder.file("adapter_config.json"), "{}");
  expect_error([&] { find_weight_files(folder.file("")); }, "found an adapter alone");
  std::filesystem::copy(fixture("weights/timm.pth"), folder.file("pytorch_model.bin"));
  EXPECT_EQ(read_checkpoint(folder.file("")).tensors.size(), 21U);
}

}  // namespace
}  // namespace evax::weights
