// UPerNet in the engine against the official code inside mmsegmentation
// (tests/fixtures/seg/network, README.md).

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/names.h"

namespace evax::engine {
namespace {

// Float32 of the official code is within 3.7e-6 and 7e-5 (logits up to 14) of float64.
constexpr double tolerance = 3e-5;
constexpr double full_tolerance = 5e-4;
constexpr double bf16_tolerance = 2e-2;  // of the range of the logits

std::string fixture(const std::string& name) {
  return EVAX_SOURCE_DIR "/tests/fixtures/seg/network/" + name;
}

weights::ModelFile official_model() {
  return weights::import_checkpoint(fixture("tiny_seg.pth"), {}).model;
}

Tensor run(const Session& session, std::span<const float> images) {
  const auto& config = session.config();
  const int64_t side = config.image_size;
  const int64_t count = static_cast<int64_t>(images.size()) / (3 * side * side);
  Tensor logits(DType::f32, {count, config.num_classes, side, side});
  session.forward(images.data(), static_cast<size_t>(count),
                  {.logits = logits.mutable_floats().data()});
  return logits;
}

double largest_difference(const Tensor& found, const Tensor& expected) {
  EXPECT_EQ(found.shape(), expected.shape());
  double largest = 0;
  for (size_t i = 0; i < expected.floats().size(); ++i)
    largest = std::max(largest, std::fabs(double{found.floats()[i]} - expected.floats()[i]));
  return largest;
}

TEST(UperNet, GivesTheOfficialLogits) {
  const Tensor images = read_npy(fixture("tiny_seg_input.npy"));
  const Session session(official_model(), {.threads = 2});
  EXPECT_LE(largest_difference(run(session, images.floats()),
                               read_npy(fixture("tiny_seg_logits_up.npy"))),
            tolerance);
}

TEST(UperNet, ThreadsChangeNoBit) {
  const Tensor images = read_npy(fixture("tiny_seg_input.npy"));
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16()) continue;
    const Tensor alone = run(Session(official_model(), {precision, 1}), images.floats());
    for (const size_t threads : {2, 3, 7, 70})
      EXPECT_EQ(largest_difference(
                    run(Session(official_model(), {precision, threads}), images.floats()), alone),
                0)
          << threads << " threads";
  }
}

// Weights that bfloat16 cannot tell apart.
TEST(UperNet, TheLastConvolutionIsFloat32InBf16) {
  if (!has_bf16()) GTEST_SKIP() << "this CPU does not multiply bf16";
  const Tensor images = read_npy(fixture("tiny_seg_input.npy"));
  weights::ModelFile file = official_model();
  Tensor& weight = file.tensors.at("decode_head.conv_seg.weight");
  const Tensor exact = run(Session(file, {Precision::bf16, 1}), images.floats());
  weight = weight.to(DType::bf16).to(DType::f32);
  EXPECT_GT(largest_difference(run(Session(file, {Precision::bf16, 1}), images.floats()), exact),
            0);
}

// ---- full size, weights by formula (formula_seg.json, `recipe`) ----

std::string own_name(const std::string& official) {
  constexpr std::string_view prefix = "backbone.";
  return weights::timm_name(
      official.starts_with(prefix) ? official.substr(prefix.size()) : official, false);
}

double formula(const std::string& name, double s, const Shape& shape) {
  if (name.ends_with("running_var")) return 1 + 0.3 * s;
  if (name.ends_with("running_mean")) return 0.1 * s;
  if (shape.size() == 1) return name.ends_with(".weight") ? 1 + 0.1 * s : 0.05 * s;
  if (name == "backbone.cls_token" || name == "backbone.pos_embed") return 0.1 * s;
  const double fan_in = static_cast<double>(element_count(shape)) / static_cast<double>(shape[0]);
  const double value = std::sqrt((name.starts_with("decode_head.") ? 6 : 3) / fan_in) * s;
  return name == "backbone.patch_embed.proj.weight" ? 0.1 * value : value;
}

weights::ModelFile formula_segmentation_model() {
  std::ifstream json(fixture("formula_seg.json"));
  const nlohmann::json official = nlohmann::json::parse(json).at("eva_x_s_upernet");
  weights::ModelFile file;
  weights::ModelConfig& config = file.metadata.model;
  config = *weights::published_config("eva_x_small");
  config.image_size = 512;
  config.num_classes = 1;
  config.decoder = weights::default_decoder(config);
  std::map<std::string, Shape> shapes;
  for (const auto& [name, shape] : weights::parameters_of(config)) shapes[name] = shape;
  uint64_t stream = 0;
  for (const std::string name : official.at("sorted_keys")) {
    Tensor tensor(DType::f32, shapes.at(own_name(name)));
    uint64_t i = 0;
    for (float& value : tensor.mutable_floats())
      value =
          static_cast<float>(formula(name, testing::formula_value(stream, i++), tensor.shape()));
    file.tensors[own_name(name)] = std::move(tensor);
    ++stream;
  }
  return file;
}

// The fixture has the logits at the size of the finest level.
Tensor enlarged(const Tensor& logits, int64_t side) {
  const auto small = static_cast<int>(logits.size(2));
  return Tensor::from_floats(
      {1, 1, side, side}, interpolate(logits.floats().data(), small, small, static_cast<int>(side),
                                      static_cast<int>(side), Interpolation::bilinear, false));
}

TEST(UperNet, EvaXSAt512PixelsGivesTheOfficialLogits) {
  const weights::ModelFile file = formula_segmentation_model();
  const auto images = testing::formula_images(file.metadata.model, 1);
  const Tensor expected = enlarged(read_npy(fixture("eva_x_s_upernet_logits.npy")), 512);
  EXPECT_LE(largest_difference(run(Session(file, {.threads = 2}), images), expected),
            full_tolerance);
  if (!has_bf16()) return;
  const auto [low, high] = std::minmax_element(expected.floats().begin(), expected.floats().end());
  EXPECT_LE(largest_difference(run(Session(file, {Precision::bf16, 2}), images), expected),
            bf16_tolerance * (*high - *low));
}

}  // namespace
}  // namespace evax::engine
