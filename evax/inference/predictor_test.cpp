// A Predictor's values against those of the original authors' code, and its promises about threads
// and memory.

#include "evax/inference/predictor.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"
#include "evax/image/read.h"

namespace evax {
namespace {

const std::string demo = EVAX_SOURCE_DIR "/demo/";
const std::string xray = demo + "xrays/00001368_000.png";

const Predictor& pneumonia() {
  static const Predictor predictor(demo + "pneumonia.safetensors");
  return predictor;
}

// Of 00001368_000.png, tests/fixtures/demo/shipped.csv: the original authors' code.
TEST(Predictor, FindsWhatTheOriginalCodeFinds) {
  for (const bool from_bytes : {false, true}) {
    const auto bytes = read_file(xray, size_t{1} << 24);
    const auto prediction =
        pneumonia().predict(from_bytes ? image::decode(bytes, "x") : image::read(xray), "x.png");
    ASSERT_EQ(prediction.findings.size(), 2U);
    EXPECT_NEAR(prediction.findings[0].logit, 0.833937, 2e-4);
    EXPECT_NEAR(prediction.findings[1].logit, -0.833493, 2e-4);
    EXPECT_EQ(prediction.findings[1].name, "Pneumonia");
    EXPECT_FALSE(prediction.findings[1].positive);
    EXPECT_EQ(prediction.path, "x.png");
    EXPECT_EQ(prediction.format, "PNG");
    EXPECT_TRUE(prediction.warnings.empty());
  }
}

TEST(Predictor, AnswersTheSameOnThreadsOfItsOwn) {
  const std::vector<image::Radiograph> xrays{image::read(xray),
                                             image::read(demo + "xrays/00001962_000.png")};
  const auto expected = pneumonia().predict(xrays);
  EXPECT_NE(expected[0].findings[1].logit, expected[1].findings[1].logit);
  std::vector<Predictor> others;
  for (int i = 0; i < 3; ++i) others.push_back(pneumonia().another(1));
  std::vector<float> logits(others.size());
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < others.size(); ++i)
      threads.emplace_back(
          [&, i] { logits[i] = others[i].predict(xrays[i % 2]).findings[1].logit; });
  }
  for (size_t i = 0; i < others.size(); ++i)
    EXPECT_EQ(logits[i], expected[i % 2].findings[1].logit) << i;
}

TEST(Predictor, HasMapsFeaturesAndTokensOfTheNetwork) {
  const image::Radiograph radiograph = image::read(xray);
  EXPECT_EQ(pneumonia().embed(radiograph).size(), 192U);
  EXPECT_EQ(pneumonia().tokens(radiograph).shape(), (Shape{197, 192}));
  const std::string normal = "Normal";
  const auto maps = pneumonia().grad_cam(radiograph, std::span(&normal, 1));
  const auto top = pneumonia().grad_cam(radiograph);
  ASSERT_EQ(maps.size(), 1U);
  EXPECT_EQ(top.at(0).class_name, "Normal");  // its logit is the larger one
  EXPECT_TRUE(std::ranges::equal(top.at(0).map.floats(), maps[0].map.floats()));
  EXPECT_EQ(maps[0].map.shape(), (Shape{radiograph.image.height, radiograph.image.width}));
  EXPECT_NEAR(std::ranges::max(maps[0].map.floats()), 1, 1e-5);
  const std::array<uint32_t, 2> rows{0, 100};
  const Tensor attention = pneumonia().attention(radiograph, 11, rows);
  EXPECT_EQ(attention.shape(), (Shape{3, 2, 197}));
  double sum = 0;
  for (const float weight : attention.floats().first(197)) sum += weight;
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(Predictor, SegmentsAtTheSizeOfTheXray) {
  const Predictor lungs(demo + "lungs.safetensors");
  const image::Radiograph radiograph = image::read(xray);
  const Masks masks = lungs.segment(radiograph);
  ASSERT_EQ(masks.classes.size(), 1U);
  EXPECT_EQ(masks.classes[0].mask.width, radiograph.image.width);
  EXPECT_EQ(masks.classes[0].mask.height, radiograph.image.height);
  const Masks everything = lungs.segment(radiograph, 0.0);
  const auto count = [](const Masks& of) {
    return std::ranges::count_if(of.classes[0].mask.pixels,
                                 [](uint8_t value) { return value != 0; });
  };
  const auto marked = count(masks), all = count(everything);
  EXPECT_GT(marked, all / 10);  // the lungs of an adult chest X-ray
  EXPECT_LT(marked, all / 2);
  EXPECT_EQ(static_cast<size_t>(all), masks.classes[0].mask.pixels.size());
}

std::string message(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Predictor, SaysInOneSentenceWhatDoesNotFit) {
  const image::Radiograph radiograph = image::read(xray);
  EXPECT_NE(message([&] { pneumonia().segment(radiograph); }).find("needs a segmentation model"),
            std::string::npos);
  const std::string name = "Cardiomegaly";
  EXPECT_NE(message([&] {
              pneumonia().grad_cam(radiograph, std::span(&name, 1));
            }).find("expected one of the classes Normal, Pneumonia, found 'Cardiomegaly'"),
            std::string::npos);
  EXPECT_NE(message([&] {
              pneumonia().predict({{4, 4, 2, {1, 2}}, {}});
            }).find("1 or 3 channels"),
            std::string::npos);
}

TEST(Log, GoesToAHostsSink) {
  std::vector<std::string> lines;
  set_log_sink([&](std::string_view line) { lines.emplace_back(line); });
  warn("of one kind");
  note("and another");
  set_log_sink({});
  EXPECT_EQ(lines, (std::vector<std::string>{"warning: of one kind", "and another"}));
}

size_t resident_bytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// Four sessions of B take its weights once and a workspace each.
TEST(Sessions, ShareOneCopyOfTheWeights) {
  const size_t before = resident_bytes();
  std::shared_ptr<const engine::Model> model;
  {
    auto file = engine::testing::formula_model(engine::testing::base_config());
    model = std::make_shared<const engine::Model>(file, engine::Options{.threads = 2});
  }
  ::malloc_trim(0);  // what the file's numbers took goes back to the system
  const size_t weights = model->bytes();
  EXPECT_GT(weights, size_t{86} * 4 * 900'000);  // 86 million numbers, float32
  std::vector<float> images = engine::testing::formula_images(model->config(), 1);
  std::vector<engine::Session> sessions;
  size_t workspaces = 0;
  std::vector<float> logits(4 * static_cast<size_t>(model->config().num_classes));
  for (size_t i = 0; i < 4; ++i) {
    sessions.emplace_back(model, 1);
    workspaces += sessions.back().bytes();
    sessions.back().forward(images.data(), 1, {.logits = logits.data() + i * logits.size() / 4});
  }
  EXPECT_EQ(logits.front(), logits[3 * logits.size() / 4]);
  EXPECT_LT(workspaces, weights / 4);
  // On top: the last block as it was stored (Grad-CAM is packed from it), and threads' stacks.
  const size_t allowed = weights + workspaces + (size_t{64} << 20);
  EXPECT_LT(resident_bytes() - before, allowed);
}

}  // namespace
}  // namespace evax
