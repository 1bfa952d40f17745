// The verb with a Grad-CAM of the test's own; that of networks is tested where they are.

#include "evax/tasks/explain/localize.h"

#include <nlohmann/json.hpp>

#include "evax/core/testing/support.h"
#include "evax/image/write.h"

namespace evax::tasks {
namespace {

using test::error_of;
using test::TestFolder;
using Json = nlohmann::ordered_json;

constexpr int grid = 14;

// A Grad-CAM that finds the brightest patch of what the network sees, for every class.
inference::GradCam brightest_patch(const weights::ModelFile&, const engine::Options&) {
  return [](const Tensor& images, std::span<const int> classes) {
    const auto size = static_cast<size_t>(images.size(2)), patch = size / grid;
    std::vector<float> cells(grid * grid);
    for (size_t y = 0; y < size; ++y)
      for (size_t x = 0; x < size; ++x)
        cells[y / patch * grid + x / patch] += images.floats()[y * size + x];
    const float most = *std::max_element(cells.begin(), cells.end());
    for (float& cell : cells) cell = cell == most ? 1 : 0;
    std::vector<float> all;
    for (size_t i = 0; i < classes.size(); ++i) all.insert(all.end(), cells.begin(), cells.end());
    return inference::CamMaps{
        Tensor::from_floats({1, static_cast<int64_t>(classes.size()), grid, grid}, all), Tensor()};
  };
}

/// X-rays of 600 x 400 pixels with a white square of 40 pixels at (x, y), and a list of it.
class Boxes {
 public:
  Boxes() { rows_ = "path,patient,label,x,y,width,height\n"; }

  void add(const std::string& name, int x, int y) {
    image::Image image{600, 400, 1, std::vector<uint8_t>(600 * 400, 20)};
    for (int row = y; row < y + 40; ++row) std::fill_n(image.row(row) + x, 40, uint8_t{255});
    image::write_png(folder_.file(name), image);
    add_row(name, fmt::format("{},{},40,40", x, y));
  }
  void add_row(const std::string& name, const std::string& box) {
    rows_ += fmt::format("{0},{0},Pneumonia,{1}\n", name, box);
  }

  Json run(LocalizeOptions options = {}, const std::string& more = "") const {
    folder_.write("boxes.csv", rows_);
    options.model = std::string(EVAX_SOURCE_DIR) + "/demo/pneumonia.safetensors";
    options.data.recipe = folder_.write(
        "boxes.toml", fmt::format("[data]\nboxes = '{}'\n{}\n", folder_.file("boxes.csv"), more));
    options.folder = folder_.file("out");
    options.draws = 50;
    options.make_grad_cam = brightest_patch;
    testing::internal::CaptureStdout();
    try {
      localize(options);
    } catch (...) {
      testing::internal::GetCapturedStdout();
      throw;
    }
    table_ = testing::internal::GetCapturedStdout();
    return Json::parse(std::ifstream(folder_.file("out/metrics.json")));
  }

  const std::string& table() const { return table_; }
  const TestFolder& folder() const { return folder_; }

 private:
  TestFolder folder_;
  std::string rows_;
  mutable std::string table_;
};

TEST(Localize, FindsOnTheXrayWhatTheNetworkSees) {
  Boxes boxes;
  boxes.add("a.png", 200, 100);
  boxes.add("b.png", 350, 260);
  const Json json = boxes.run();
  EXPECT_EQ(json["n"], 2);
  EXPECT_EQ(json["patients"], 2);
  EXPECT_EQ(json["pointing_game"], 1);
  EXPECT_EQ(json["thresholds"]["rule"], "0.4");
  EXPECT_GT(json["miou"], 0.2);
  EXPECT_GT(json["box_miou"], 0.2);
  EXPECT_EQ(json["data"]["kind"], "boxes");
  EXPECT_CONTAINS(boxes.table(), "2 boxes on 2 images of 2 patients");
  EXPECT_CONTAINS(boxes.table(), "no validation list");
}

TEST(Localize, ThePapersProtocolIsOnTheSquashedInput) {
  Boxes boxes;
  boxes.add("a.png", 40, 100);  // outside of what the model's own crop leaves
  EXPECT_EQ(boxes.run()["pointing_game"], 0);
  LocalizeOptions paper;
  paper.paper = true;
  const Json json = boxes.run(paper);
  EXPECT_EQ(json["pointing_game"], 1);
  EXPECT_EQ(json["protocol"], "paper");
  EXPECT_EQ(json["search"].size(), 60U);
  EXPECT_EQ(json["thresholds"]["chosen_on"], "the boxes scored (1 boxes)");
}

TEST(Localize, AShareOfThePatientsSettlesTheThreshold) {
  Boxes boxes;
  for (int i = 0; i < 4; ++i) boxes.add(fmt::format("{}.png", i), 200 + 30 * i, 100);
  const Json json = boxes.run({}, "split = {val = 0.5}");
  EXPECT_EQ(json["n"], 2);
  EXPECT_EQ(json["thresholds"]["chosen_on"], "validation (2 boxes)");
  EXPECT_EQ(json["search"].size(), 99U);
}

TEST(Localize, BoxesThatMakeNoSenseAreSkippedAndCounted) {
  Boxes boxes;
  boxes.add("a.png", 200, 100);
  boxes.add_row("a.png", "600,10,5,5");
  boxes.add_row("a.png", "10,10,0,5");
  const Json json = boxes.run();
  EXPECT_EQ(json["n"], 1);
  ASSERT_EQ(json["data"]["skipped"].size(), 2U);
  EXPECT_EQ(json["data"]["skipped"][0]["line"], 3);
  EXPECT_CONTAINS(json["data"]["skipped"][0]["reason"].get<std::string>(), "within 600 x 400");
  EXPECT_CONTAINS(boxes.table(), "2 boxes skipped");
}

TEST(Localize, OtherSizesThanTheListsAreScaled) {
  Boxes boxes;
  boxes.add("a.png", 200, 100);
  boxes.add_row("a.png", "341.3333,256,68.2667,102.4");  // the same in 1024 x 1024
  const Json json = boxes.run({}, "box_size = 1024");
  EXPECT_EQ(json["n"], 2);
  std::ifstream csv(boxes.folder().file("out/localization.csv"));
  std::string line;
  while (std::getline(csv, line))
    if (line.find("341.3333") != std::string::npos) {
      EXPECT_CONTAINS(line, ",1,");
    }
}

TEST(Localize, BadInputIsOneSentenceAndLeavesNothing) {
  Boxes boxes;
  boxes.add("a.png", 200, 100);
  boxes.add_row("gone.png", "1,2,3,4");
  EXPECT_CONTAINS(error_of([&] { boxes.run(); }), "expected at most 1 % of the images");
  EXPECT_FALSE(std::filesystem::exists(boxes.folder().file("out")));
  EXPECT_CONTAINS(error_of([&] { boxes.run({}, "colour = 'red'"); }), "colour");
  EXPECT_CONTAINS(error_of([&] { boxes.run({}, "classes = ['Mass']"); }),
                  "expected classes of the model, Normal, Pneumonia, found 'Mass'");
}

}  // namespace
}  // namespace evax::tasks
