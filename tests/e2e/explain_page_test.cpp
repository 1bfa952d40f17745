// evax explain --html: what is on the page, and the page in a browser.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "evax/report/browser.h"
#include "tests/e2e/demo_files.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

/// A page made by the binary.
class ExplainPage : public testing::Test {
 protected:
  Process explain(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "explain");
    arguments.insert(arguments.end(), {"--html", page_});
    return evax(arguments);
  }

  Json data() const { return Json::parse(page_json(read(page_))); }

  const Folder folder_;
  const std::string page_ = folder_.file("page.html");
};

TEST_F(ExplainPage, ShowsEveryClassAndTheAttentionOfEveryPatch) {
  const Process run = explain({classifier, xray("00001368_000.png"), xray("nih_dx_jpeg_ls.dcm")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"page.html"});
  const Process predicted =
      evax({"predict", classifier, xray("00001368_000.png"), "--format", "jsonl"});
  const Json findings = Json::parse(predicted.out)["classes"];
  const Json page = data();
  EXPECT_EQ(page["camThreshold"], 0.4);
  const Json& shown = page["models"][0];
  EXPECT_EQ(shown["name"], "pneumonia.safetensors");
  EXPECT_EQ(shown["grid"], 14);
  ASSERT_EQ(page["images"].size(), 2U);
  const Json& image = page["images"][0];
  EXPECT_EQ(image["name"], "00001368_000.png");
  EXPECT_EQ(image["width"], 512);
  const Json& explanation = image["explanations"][0];
  EXPECT_EQ(explanation["seen"], (Json{{"x", 32}, {"y", 32}, {"width", 448}, {"height", 448}}));
  EXPECT_EQ(explanation["cam"], (Json{0, 1}));
  EXPECT_EQ(explanation["attention"], true);
  for (size_t c = 0; c < 2; ++c) {
    const Json& finding = findings[shown["classes"][c]["name"].get<std::string>()];
    EXPECT_NEAR(explanation["probabilities"][c], finding["probability"].get<double>(), 1e-6);
    EXPECT_EQ(shown["classes"][c]["threshold"], finding["threshold"]);
    EXPECT_EQ(explanation["positive"][c], finding["positive"]);
  }
  EXPECT_EQ(shown["exclusive"], true);
}

TEST_F(ExplainPage, TwoModelsAndOneClass) {
  const Process run =
      explain({classifier, xray("00001368_000.png"), xray("none.png"), "--with", encoder, "--class",
               "pneumonia", "--threshold", "0.3", "-o", folder_.file("maps")});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_NE(run.err.find("none.png"), std::string::npos) << run.err;
  const Json page = data();
  EXPECT_EQ(page["camThreshold"], 0.3);
  ASSERT_EQ(page["models"].size(), 2U);
  ASSERT_EQ(page["images"].size(), 1U);
  const Json& explanations = page["images"][0]["explanations"];
  EXPECT_EQ(explanations[0]["cam"], Json::array({1}));
  EXPECT_EQ(explanations[1]["cam"], Json::array());
  EXPECT_EQ(explanations[1]["attention"], true);
  EXPECT_TRUE(std::filesystem::exists(folder_.file("maps/00001368_000_Pneumonia_overlay.png")));
}

TEST_F(ExplainPage, KnownBoxesGoByTheEndOfThePath) {
  const std::string boxes = folder_.file("boxes.csv");
  write(boxes,
        "path,label,x,y,width,height\n"
        "xrays/00001368_000.png,pneumonia,100,120,80,60\n"
        "./00001368_000.png,Nodule,500,10,40,20\n"
        "00001368_000.png,Nodule,9,9,0,4\n"
        "elsewhere/00001368_000.png,Nodule,1,2,3,4\n");
  const Process run = explain({classifier, source_file("demo/xrays"), "--boxes", boxes});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("line 4: expected a box with a size, found 0 x 4"), std::string::npos);
  for (const Json& image : data()["images"])
    if (image["name"] != "00001368_000.png") {
      EXPECT_EQ(image["truth"], Json::array());
    } else {
      const Json wanted = Json::parse(
          R"([{"label": "Pneumonia", "area": {"x": 100, "y": 120, "width": 80, "height": 60}},
              {"label": "Nodule", "area": {"x": 500, "y": 10, "width": 12, "height": 20}}])");
      EXPECT_EQ(image["truth"], wanted);
    }
  EXPECT_NE(read(page_).find("2 of boxes.csv on 1 images; 1 skipped"), std::string::npos);
}

TEST_F(ExplainPage, BadInputGetsOneSentenceAndNoPage) {
  const std::string image = xray("00001368_000.png");
  std::vector<std::string> many{classifier};
  many.insert(many.end(), 201, image);
  write(folder_.file("boxes.csv"), "path,label,x,y,width,height\na.png,Mass,1,2,x,4\n");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string reason;
  };
  const std::vector<Case> cases{
      {{classifier, image, "--class", "Mass"}, 2, "has no such class, but Normal, Pneumonia"},
      {{encoder, image, "--class", "Mass"}, 2, "has no such class, but none"},
      {{classifier, image, "--method", "rollout"}, 2, "--method rollout: expected -o DIR too"},
      {{classifier, image, "--point", "1,2"}, 2, "--point requires --output"},
      {{classifier, image, "--with", source_file("demo/lungs.safetensors")},
       1,
       "found a segmentation model"},
      {{classifier, image, "--boxes", folder_.file("boxes.csv")}, 1, "line 2: expected a number"},
      {{classifier, folder_.file("none.png")}, 1, "none.png"},
      {many, 1, "--html: expected at most 200 X-rays on a page, found 201"},
  };
  for (const Case& bad : cases) {
    const Process run = explain(bad.arguments);
    EXPECT_EQ(run.exit_code, bad.exit_code) << bad.reason << ": " << run.err;
    EXPECT_NE(run.err.find(bad.reason), std::string::npos) << run.err;
    EXPECT_FALSE(std::filesystem::exists(page_));
  }
  const Process neither = evax({"explain", classifier, image});
  EXPECT_EQ(neither.exit_code, 2);
  EXPECT_NE(neither.err.find("expected -o DIR, --html FILE or both"), std::string::npos);
}

TEST_F(ExplainPage, WorksInABrowser) {
  if (report::chromium().empty() || !report::has_node())
    GTEST_SKIP() << "no chromium or no node on this machine";
  write(folder_.file("boxes.csv"),
        "path,label,x,y,width,height\n00001962_000.png,Pneumonia,100,120,80,60\n");
  const Process run =
      explain({classifier, source_file("demo/xrays"), "--boxes", folder_.file("boxes.csv")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string command = "timeout 300 node '" + source_file("tests/e2e/explain_page_test.js") +
                              "' '" + report::chromium() + "' '" + page_ + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace evax::e2e
