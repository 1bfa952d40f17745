// Files with the key names of spec G; shapes are the networks' own, values do not matter.

#include "evax/weights/convert/baseline.h"

#include "evax/weights/cnn.h"
#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/testing.h"
#include "evax/weights/torch/save.h"

namespace evax::weights {
namespace {

using Network = Baseline::Network;
using testing::expect_error;
using torch::StateDict;
using Rename = std::function<std::string(const std::string&)>;

/// Zeros of any shape; all share their bytes, so that 25 million parameters cost nothing.
Tensor zeros(const Shape& shape) {
  static const auto bytes = std::make_shared<const std::vector<std::byte>>(16 << 20);
  const size_t size = static_cast<size_t>(element_count(shape)) * sizeof(float);
  return {DType::f32, shape, std::span(*bytes).first(size), bytes};
}

/// A network as PyTorch saves it, batch counts included, under the names of another program.
TensorMap checkpoint_of(const std::vector<std::pair<std::string, Shape>>& list,
                        const Rename& rename) {
  constexpr std::string_view mean = "running_mean";
  TensorMap tensors;
  for (const auto& [name, shape] : list) {
    tensors[rename(name)] = zeros(shape);
    if (name.ends_with(mean))
      tensors[rename(name.substr(0, name.size() - mean.size()) + "num_batches_tracked")] =
          Tensor(DType::i64, {});
  }
  return tensors;
}

Rename prefixed(const std::string& prefix) {
  return [prefix](const std::string& name) { return prefix + name; };
}

/// `old` -> `fresh` wherever it stands first.
std::string replaced(std::string name, const std::string& old, const std::string& fresh) {
  if (const size_t at = name.find(old); at != std::string::npos)
    name.replace(at, old.size(), fresh);
  return name;
}

void expect_network(const TensorMap& file, Network network, int num_classes,
                    const std::vector<std::string>& notes) {
  const auto found = find_baseline(file, "file.pth");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->network, network);
  EXPECT_EQ(found->num_classes, num_classes);
  EXPECT_TRUE(found->complete);
  EXPECT_EQ(found->notes, notes);
  const auto expected = network == Network::resnet50 ? resnet_parameters(num_classes)
                                                     : densenet_parameters(num_classes);
  EXPECT_EQ(found->tensors.size(), expected.size());
  for (const auto& [name, shape] : expected) EXPECT_TRUE(found->tensors.contains(name)) << name;
}

TEST(Baseline, TorchvisionsKeepTheirHead) {
  for (const std::string prefix : {"", "module.", "net.backbone."}) {
    std::vector<std::string> resnet{"ResNet50 named as torchvision's"};
    std::vector<std::string> densenet{"DenseNet121 named as torchvision's"};
    for (auto* notes : {&resnet, &densenet})
      if (!prefix.empty()) notes->push_back("removed the prefix " + prefix + " from the names");
    expect_network(checkpoint_of(resnet_parameters(14), prefixed(prefix)), Network::resnet50, 14,
                   resnet);
    expect_network(checkpoint_of(densenet_parameters(1000), prefixed(prefix)), Network::densenet121,
                   1000, densenet);
  }
  expect_network(checkpoint_of(resnet_parameters(0), prefixed("")), Network::resnet50, 0,
                 {"ResNet50 named as torchvision's"});
}

TEST(Baseline, TorchvisionsOldDenseNetNamesAreRenamed) {  // densenet121-a639ec97.pth
  const auto old = [](const std::string& name) {
    if (name.find("denselayer") == std::string::npos) return name;
    std::string result = name;
    for (const std::string part : {"norm1", "norm2", "conv1", "conv2"})
      result = replaced(result, "." + part, "." + part.substr(0, 4) + "." + part.substr(4));
    return result;
  };
  ASSERT_EQ(old("features.denseblock1.denselayer2.norm1.weight"),
            "features.denseblock1.denselayer2.norm.1.weight");
  expect_network(checkpoint_of(densenet_parameters(1000), old), Network::densenet121, 1000,
                 {"DenseNet121 named as torchvision's"});
}

TEST(Baseline, MoCosQueryEncoderIsTaken) {
  auto file = checkpoint_of(resnet_parameters(128), prefixed("module.encoder_q."));
  file["module.queue"] = zeros({128, 16});
  file["module.queue_ptr"] = Tensor(DType::i64, {1});
  file["module.encoder_k.conv1.weight"] = zeros({64, 3, 7, 7});
  expect_network(file, Network::resnet50, 0,
                 {"ResNet50, the query encoder of MoCo (module.encoder_q.*)",
                  "left out module.encoder_k.conv1.weight, module.queue, "
                  "module.queue_ptr and 2 more"});
}

TEST(Baseline, MoCosProjectionIsLeftOut) {  // resnet50_imagenet_mocov2.pth
  auto file = checkpoint_of(resnet_parameters(0), prefixed(""));
  for (const char* layer : {"0", "2"}) file[fmt::format("fc.{}.weight", layer)] = zeros({4, 4});
  expect_network(file, Network::resnet50, 0,
                 {"ResNet50 named as torchvision's", "left out fc.0.weight, fc.2.weight"});
}

TEST(Baseline, MoCosFileIsRead) {  // densenet121_CXR_0.3M_mocov2.pth.tar
  const testing::TemporaryFolder folder;
  StateDict state;
  for (const auto& [name, tensor] :
       checkpoint_of(densenet_parameters(0), prefixed("module.encoder_q.")))
    state.emplace_back(name, tensor);
  for (const char* layer : {"0", "2"})  // the MLP of version 2
    state.emplace_back(fmt::format("module.encoder_q.classifier.{}.weight", layer), zeros({4, 4}));
  torch::save(folder.file("moco.pth.tar"), state, "state_dict");
  const Checkpoint checkpoint = read_checkpoint(folder.file("moco.pth.tar"));
  EXPECT_EQ(checkpoint.wrapper, "state_dict");
  expect_network(checkpoint.tensors, Network::densenet121, 0,
                 {"DenseNet121, the query encoder of MoCo (module.encoder_q.*)",
                  "left out classifier.0.weight, classifier.2.weight"});
}

TEST(Baseline, BioViLsEncoderIsTaken) {  // biovil_image_resnet50_proj_size_128.pt
  auto file = checkpoint_of(resnet_parameters(1000), prefixed("encoder.encoder."));
  file["projector.model.0.weight"] = zeros({128, 2048, 1, 1});
  expect_network(file, Network::resnet50, 0,
                 {"ResNet50, the image encoder of BioViL (encoder.encoder.*)",
                  "left out projector.model.0.weight, fc.bias, fc.weight"});
}

TEST(Baseline, MgcasEncoderIsTaken) {  // mgca_resnet_50.ckpt
  auto file = checkpoint_of(resnet_parameters(0), prefixed("img_encoder_q.model."));
  file["text_encoder_q.model.pooler.dense.bias"] = zeros({768});
  expect_network(file, Network::resnet50, 0,
                 {"ResNet50, the image encoder of MGCA (img_encoder_q.model.*)",
                  "left out text_encoder_q.model.pooler.dense.bias"});
}

TEST(Baseline, SegmentationEncodersAreTaken) {  // densenet121_CXR_0.3M_mae.pth
  auto file = checkpoint_of(densenet_parameters(0), prefixed("model.encoder."));
  file["model.decoder.blocks.0.conv1.0.weight"] = zeros({8, 8, 3, 3});
  expect_network(file, Network::densenet121, 0,
                 {"DenseNet121, the encoder of a segmentation model (model.encoder.*)",
                  "left out model.decoder.blocks.0.conv1.0.weight"});
}

TEST(Baseline, MedKlipHasNoLayer4) {  // medklip_checkpoint_final.pth
  auto list = resnet_parameters(0);
  std::erase_if(list, [](const auto& item) { return item.first.starts_with("layer4."); });
  auto file = checkpoint_of(list, [](const std::string& name) {
    const std::pair<const char*, const char*> parts[] = {
        {"conv1.", "0."}, {"bn1.", "1."}, {"layer1.", "4."}, {"layer2.", "5."}, {"layer3.", "6."}};
    for (const auto& [part, number] : parts)
      if (name.starts_with(part)) return "module.res_features." + replaced(name, part, number);
    return name;
  });
  file["module.res_l1.weight"] = zeros({1024, 1024});
  const auto found = find_baseline(file, "file.pth");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->complete);
  EXPECT_EQ(found->tensors.size(), list.size());
  for (const auto& [name, shape] : list) EXPECT_TRUE(found->tensors.contains(name)) << name;
  EXPECT_EQ(found->notes, (std::vector<std::string>{
                              "ResNet50, the image encoder of MedKLIP (module.res_features.*)",
                              "MedKLIP has no layer4: it has to be trained from fresh weights",
                              "left out module.res_l1.weight"}));
}

TEST(Baseline, WhatIsNoBaselineIsSaid) {
  EXPECT_FALSE(find_baseline({{"pos_embed", zeros({1, 17, 64})}}, "file.pth"));
  EXPECT_FALSE(find_baseline({}, "file.pth"));
  auto file = checkpoint_of(resnet_parameters(5), prefixed(""));
  file.erase("layer4.2.bn3.running_var");
  file["layer3.6.conv1.weight"] = zeros({256, 1024, 1, 1});
  expect_error([&] { find_baseline(file, "file.pth"); },
               "file.pth: the tensors are not the model's: missing layer4.2.bn3.running_var; "
               "unexpected layer3.6.conv1.weight");
  file["fc.weight"] = zeros({5});
  expect_error([&] { find_baseline(file, "file.pth"); },
               "file.pth: expected fc.weight to have a row for each class, found the shape [5]");
}

}  // namespace
}  // namespace evax::weights
