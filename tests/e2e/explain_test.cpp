// evax explain on the shipped models and X-rays; expected numbers are timm's
// (tests/fixtures/explain/README.md).

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "tests/e2e/demo_files.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

Tensor expected(const std::string& name) {
  return read_npy(source_file("tests/fixtures/explain/demo_" + name + ".npy"));
}

void expect_near(std::span<const float> values, std::span<const float> wanted, float tolerance) {
  ASSERT_EQ(values.size(), wanted.size());
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], wanted[i], tolerance) << "element " << i;
}

Process explain(const Folder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "explain");
  arguments.insert(arguments.end(), {"-o", folder.path()});
  return evax(arguments);
}

TEST(Explain, GradCamIsTimmsOnTheXRaysOwnPixels) {
  const Folder folder;
  const Process run = explain(folder, {classifier, xray("00001368_000.png"),
                                       xray("00001962_000.png"), "--class", "Normal,pneumonia"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Tensor wanted = expected("gradcam");  // [2 X-rays, 2 classes, 14, 14]
  size_t first = 0;
  for (const std::string stem : {"00001368_000", "00001962_000"}) {
    const Json json = Json::parse(read(folder.file(stem + ".json")));
    EXPECT_EQ(json["seen"], (Json{32, 32, 448, 448}));
    for (const std::string name : {"Normal", "Pneumonia"}) {
      const std::string base = folder.file(stem + "_" + name);
      const Tensor raw = read_npy(base + "_gradcam.npy");
      ASSERT_EQ(raw.shape(), (Shape{14, 14}));
      expect_near(raw.floats(), wanted.floats().subspan(first, 196), 1e-6F);
      first += 196;

      const Tensor map = read_npy(base + "_map.npy");
      ASSERT_EQ(map.shape(), (Shape{512, 512}));
      const Json& found = json["classes"][name];
      const auto peak = std::max_element(map.floats().begin(), map.floats().end());
      EXPECT_NEAR(*peak, 1, 1e-6);
      const auto at = peak - map.floats().begin();
      EXPECT_EQ(found["peak"], (Json{at % 512, at / 512}));
      const std::vector<int> box = found["box"];
      EXPECT_GE(std::min(box[0], box[1]), 32);
      EXPECT_LE(std::max(box[0] + box[2], box[1] + box[3]), 480);
      EXPECT_TRUE(std::filesystem::exists(base + "_overlay.png"));
    }
  }
}

TEST(Explain, TheTopClassIsTheOneThatPredictFindsMostProbable) {
  const Folder folder;
  const std::vector<std::string> images{xray("nih_dx_jpeg_ls.dcm"),
                                        xray("person1004_virus_1686.jpg")};
  const Process run =
      explain(folder, {classifier, images[0], images[1], "--class", "top", "--threshold", "0.6"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Process predicted =
      evax({"predict", classifier, images[0], images[1], "--format", "jsonl"});
  size_t line = 0;
  for (const std::string stem : {"nih_dx_jpeg_ls", "person1004_virus_1686"}) {
    const Json json = Json::parse(read(folder.file(stem + ".json")));
    const Json findings = Json::parse(predicted.out_lines().at(line++))["classes"];
    ASSERT_EQ(json["classes"].size(), 1U);
    const auto top = json["classes"].begin();
    for (const auto& [name, finding] : findings.items())
      EXPECT_LE(finding["probability"], findings[top.key()]["probability"]);
    EXPECT_NEAR(top.value()["probability"], findings[top.key()]["probability"].get<double>(), 1e-6);
    EXPECT_EQ(top.value()["threshold"], findings[top.key()]["threshold"]);
    EXPECT_EQ(json["map_threshold"], 0.6);
    EXPECT_TRUE(std::filesystem::exists(folder.file(stem + "_" + top.key() + "_overlay.png")));
  }
}

TEST(Explain, AttentionIsTimmsAndGoesByThePixelsOfTheXRay) {
  const Folder folder;
  // Patches (5, 7) and (13, 0) of 32 pixels each, behind 32 pixels that the crop takes away.
  const Process run = explain(folder, {classifier, xray("00001368_000.png"), "--method",
                                       "attention", "--point", "256,223", "--point", "32,479"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Tensor attention = read_npy(folder.file("00001368_000_attention.npy"));
  ASSERT_EQ(attention.shape(), (Shape{2, 14, 14}));
  expect_near(attention.floats(), expected("attention").floats(), 1e-5F);
  const Json points = Json::parse(read(folder.file("00001368_000.json")))["points"];
  EXPECT_EQ(points[0]["row"], 5);
  EXPECT_EQ(points[0]["column"], 7);
  EXPECT_EQ(points[1]["row"], 13);
  EXPECT_EQ(points[1]["column"], 0);
  double sum = points[0]["cls"];
  for (const float weight : attention.floats().first(196)) sum += weight;
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_TRUE(std::filesystem::exists(folder.file("00001368_000_attention_2_overlay.png")));
}

TEST(Explain, AnEncoderWithoutAHeadHasAttentionRolloutAndColours) {
  const Folder folder;
  const std::string image = xray("00001368_000.png");
  Process run = explain(
      folder, {encoder, image, "--method", "attention", "--grid", "--layer", "3", "--head", "2"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read_npy(folder.file("00001368_000_attention.npy")).shape(), (Shape{9, 7, 7}));
  EXPECT_TRUE(std::filesystem::exists(folder.file("00001368_000_grid.png")));
  run = explain(folder, {encoder, image, "--method", "rollout"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read_npy(folder.file("00001368_000_rollout.npy")).shape(), (Shape{1, 7, 7}));
  run = explain(folder, {encoder, image, xray("IM-0115-0001.jpg"), "--method", "pca"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json a = Json::parse(read(folder.file("00001368_000.json")));
  const Json b = Json::parse(read(folder.file("IM-0115-0001.json")));
  EXPECT_EQ(a["variance"], b["variance"]);  // one basis
  float low = 1, high = 0;
  for (const std::string stem : {"00001368_000", "IM-0115-0001"}) {
    const Tensor cells = read_npy(folder.file(stem + "_pca.npy"));
    ASSERT_EQ(cells.shape(), (Shape{7, 7, 3}));
    for (const float value : cells.floats())
      low = std::min(low, value), high = std::max(high, value);
  }
  EXPECT_EQ(low, 0);
  EXPECT_EQ(high, 1);
}

TEST(Explain, BadInputGetsOneSentence) {
  const Folder folder;
  const std::string image = xray("00001368_000.png");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string reason;
  };
  const std::vector<Case> cases{
      {{classifier, image, "--class", "Mass"}, 2, "has no such class, but Normal, Pneumonia"},
      {{encoder, image}, 1, "Grad-CAM needs a classifier, found a pre-trained encoder"},
      {{source_file("demo/lungs.safetensors"), image}, 1, "found a segmentation model"},
      {{classifier, image, "--method", "attention"}, 2, "expected --point X,Y or --grid"},
      {{classifier, image, "--method", "attention", "--point", "600,3"},
       1,
       "expected a point within 512 x 512 pixels, found 600,3"},
      {{classifier, image, "--method", "rollout", "--point", "3,3"},
       1,
       "the model does not see 3,3: its input is 448 x 448 pixels of the X-ray from 32,32 on"},
      {{classifier, image, "--method", "attention", "--point", "1;2"}, 2, "found 1;2"},
      {{classifier, image, "--method", "attention", "--grid", "--layer", "12"}, 2, "from 0 to 11"},
      {{classifier, image, "--method", "attention", "--grid", "--head", "3"}, 2, "from 0 to 2"},
      {{classifier, image, folder.file("none.png"), "--class", "Normal"}, 3, "none.png"},
  };
  for (const Case& bad : cases) {
    const Process run = explain(folder, bad.arguments);
    EXPECT_EQ(run.exit_code, bad.exit_code) << bad.reason << ": " << run.err;
    EXPECT_NE(run.err.find(bad.reason), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
}

}  // namespace
}  // namespace evax::e2e
