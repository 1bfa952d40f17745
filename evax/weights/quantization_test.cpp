#include "evax/weights/quantization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "evax/core/file.h"
#include "evax/core/int8.h"
#include "evax/weights/convert.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::error_of;
using testing::fixture;

ModelFile small_model() { return import_checkpoint(fixture("weights/timm.pth"), {}).model; }

ModelFile quantized_model() {
  ModelFile model = small_model();
  return quantize(model, quantizable_layers(model.metadata.model), "m");
}

std::string path_of(const std::string& name) { return ::testing::TempDir() + name; }

TEST(Quantization, LayersAreTheBlocksMatrices) {
  const auto layers = quantizable_layers(small_model().metadata.model);
  EXPECT_EQ(layers.size() % 4, 0U);
  EXPECT_EQ(layers.front(), "blocks.0.attn.qkv");
  const auto base = quantizable_layers(*published_config("eva_x_base"));
  EXPECT_EQ(base.size(), 12U * 7);
  EXPECT_TRUE(quantizable_layers(*published_config("resnet50")).empty());
}

TEST(Quantization, WeightsAreWithinHalfAStepOfTheirRow) {
  const ModelFile before = small_model();
  const ModelFile after = quantized_model();
  for (const std::string& layer : after.metadata.quantization->layers) {
    const Tensor w = before.at(layer + ".weight").to_f32();
    const Tensor q = after.at(layer + ".weight");
    const auto columns = static_cast<size_t>(w.size(1));
    for (size_t row = 0; row < static_cast<size_t>(w.size(0)); ++row) {
      float largest = 0;
      for (size_t i = 0; i < columns; ++i)
        largest = std::max(largest, std::fabs(w.floats()[row * columns + i]));
      for (size_t i = 0; i < columns; ++i)
        ASSERT_NEAR(q.floats()[row * columns + i], w.floats()[row * columns + i],
                    largest / 127 * 0.50001);
    }
  }
  EXPECT_EQ(after.at("head.weight").dtype(), before.at("head.weight").dtype());
}

TEST(Quantization, FilesComeBackBitForBit) {
  const ModelFile model = quantized_model();
  const std::string path = path_of("int8.safetensors");
  save_model(path, model);
  const auto file = Safetensors::open(path);
  EXPECT_EQ(file.entries().at("blocks.0.mlp.fc2.weight").dtype, "I8");
  EXPECT_EQ(file.entries().at("blocks.0.mlp.fc2.weight_scale").dtype, "F32");
  const ModelFile loaded = load_model(path);
  EXPECT_EQ(loaded.metadata.quantization->layers, model.metadata.quantization->layers);
  EXPECT_EQ(loaded.metadata.quantization->check, "");
  EXPECT_EQ(loaded.tensors.size(), model.tensors.size());
  for (const auto& [name, tensor] : model.tensors)
    EXPECT_TRUE(std::ranges::equal(loaded.at(name).bytes(), tensor.bytes())) << name;
  const std::string again = path_of("int8_again.safetensors");
  save_model(again, loaded);
  EXPECT_TRUE(
      std::ranges::equal(MappedFile::open(path)->bytes(), MappedFile::open(again)->bytes()));
}

TEST(Quantization, LayersMustBeTheModelsAndWhole) {
  const ModelFile model = small_model();
  const auto refused = [&](std::vector<std::string> layers) {
    return error_of([&] { quantize(model, std::move(layers), "m"); });
  };
  EXPECT_EQ(refused({"head"}),
            "m: metadata.quantization: expected linear layers of the blocks, found 'head'");
  EXPECT_EQ(refused({"blocks.0.attn.proj", "blocks.0.attn.proj"}),
            "m: metadata.quantization: expected each layer once, found one twice");
  EXPECT_EQ(error_of([&] { quantize(quantized_model(), {}, "m"); }),
            "m: expected a model without 8-bit weights, found one that has them");
}

TEST(Quantization, FilesThatHoldOtherCodesAreRefused) {
  const ModelFile model = quantized_model();
  const std::string path = path_of("broken.safetensors");
  const std::string name = "blocks.0.attn.proj.weight";
  const auto error_after = [&](const auto& change) {
    TensorMap tensors = encoded(model);
    change(tensors);
    save_safetensors(path, tensors, {{"evax", to_json(model.metadata).dump()}});
    std::string error = error_of([&] { load_model(path); });
    const size_t at = error.find(path);
    return at == std::string::npos ? error : error.replace(at, path.size(), "m");
  };
  const auto copy = [](const Tensor& tensor) {
    Tensor other(tensor.dtype(), tensor.shape());
    std::ranges::copy(tensor.bytes(), other.mutable_bytes().begin());
    return other;
  };
  EXPECT_EQ(error_after([](TensorMap&) {}), "no error");
  EXPECT_EQ(error_after([&](TensorMap& tensors) { tensors.erase(name + "_scale"); }),
            "m: expected the tensor blocks.0.attn.proj.weight_scale, found none");
  EXPECT_EQ(error_after([&](TensorMap& tensors) { tensors[name] = model.at(name); }),
            "m: expected I8 in blocks.0.attn.proj.weight, found F32");
  const std::string codes =
      "m: row 0 of blocks.0.attn.proj.weight: expected codes up to 127 and their scale, found ";
  EXPECT_TRUE(error_after([&](TensorMap& tensors) {
                Tensor weight = copy(tensors.at(name));
                weight.mutable_bytes()[0] = std::byte{0x80};  // -128
                tensors[name] = weight;
              }).starts_with(codes + "128"));
  for (const float scale : {-1.0F, std::nanf(""), INFINITY, 0.0F, 0.1F})
    EXPECT_TRUE(error_after([&](TensorMap& tensors) {
                  Tensor scales = copy(tensors.at(name + "_scale"));
                  scales.mutable_floats()[0] = scale;
                  tensors[name + "_scale"] = scales;
                }).starts_with(codes + "127"))
        << scale;
  EXPECT_EQ(error_after([&](TensorMap& tensors) {
              tensors[name + "_scale"] = Tensor(DType::f32, {3});
            }).substr(0, 74),
            "m: expected a scale for each row of blocks.0.attn.proj.weight, found the s");
}

}  // namespace
}  // namespace evax::weights
