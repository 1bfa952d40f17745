// Segmentation with the real binaries on the committed X-rays and masks: training, judging and
// marking.

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "evax/weights/model_file.h"
#include "tests/e2e/ranks.h"
#include "tests/e2e/segmentation.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

TEST_F(Segment, ATrainingLeavesAModelThatIsJudgedAlike) {
  const Process trained = train("run", {"run.precision=bf16"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Json metrics = Json::parse(read(run_file("run", "metrics.json")));
  EXPECT_EQ(metrics["set"], "test");
  EXPECT_EQ(metrics["n"], 4);
  EXPECT_EQ(metrics["selected_on"], "validation");
  EXPECT_EQ(metrics["classes"]["lung"]["threshold"], 0.3);
  EXPECT_NE(read(run_file("run", "report.html")).find("worst"), std::string::npos);

  write(folder_.file("judge.toml"), "[data]\nkind = 'csv'\nimages = '" + source_file("demo/lungs") +
                                        "'\ntest = '" + folder_.file("test.csv") +
                                        "'\nmeta = ['licence']\n");
  const Process judged = evax({"evaluate", run_file("run", "best.safetensors"),
                               folder_.file("judge.toml"), "--json", "--threads", "1"});
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  const Json again = Json::parse(judged.out);
  for (const char* figure : {"dice", "jaccard", "mean_dice_per_image", "hd95"})
    EXPECT_EQ(again[figure], metrics[figure]) << figure;
  EXPECT_EQ(again["data"]["sha256"], metrics["data"]["sha256"]);
}

TEST_F(Segment, AStopChangesNoByte) {
  ASSERT_EQ(train("whole", {"optim.epochs=6"}).exit_code, 0);
  const Process stopped = train("parts", {"optim.epochs=6"}, {.when = after_step("parts", 6)});
  EXPECT_EQ(stopped.exit_code, 128 + SIGKILL) << "it ended before it was killed";
  const Process resumed = train("parts", {"optim.epochs=6", "--resume", "auto"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  for (const char* name : {"last.safetensors", "best.safetensors", "metrics.json"})
    EXPECT_EQ(read(run_file("whole", name)), read(run_file("parts", name))) << name;
}

// BatchNorm takes the statistics of both processes, and the evaluation is shared among them. By
// SGD: a bias before BatchNorm has a gradient of nothing but rounding, which AdamW would enlarge.
TEST_F(Segment, TwoProcessesEqualOne) {
  const std::vector<std::string> more{"optim.steps=2", "optim.optimizer=sgd", "optim.lr=1e-2",
                                      "run.precision=fp32"};
  ASSERT_EQ(train("one", more).exit_code, 0);
  std::vector<std::string> arguments{"train", recipe_, "--run", folder_.file("two"),
                                     "optim.batch_size=2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (const Process& rank : launch_ranks(arguments, 2, a_free_port()))
    ASSERT_EQ(rank.exit_code, 0) << rank.err;
  expect_equal_models(run_file("one", "last.safetensors"), run_file("two", "last.safetensors"),
                      5e-6);
  const Json one = Json::parse(read(run_file("one", "metrics.json")));
  const Json two = Json::parse(read(run_file("two", "metrics.json")));
  EXPECT_EQ(one["n"], two["n"]);
  EXPECT_NEAR(one["dice"].get<double>(), two["dice"].get<double>(), 1e-3);
}

TEST_F(Segment, FrozenBlocksStayAsTheyWere) {
  ASSERT_EQ(train("start", {"optim.steps=1"}).exit_code, 0);
  const Process trained =
      train("run", {"optim.steps=2", "model.frozen=2", "loss.dice=1", "decoder.threshold=0",
                    "model.init=" + run_file("start", "last.safetensors")});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto before = weights::load_model(run_file("start", "last.safetensors"));
  const auto after = weights::load_model(run_file("run", "last.safetensors"));
  const auto unchanged = [&](const std::string& name) {
    return std::ranges::equal(before.at(name).floats(), after.at(name).floats());
  };
  for (const auto& [name, tensor] : before.tensors) {
    const bool frozen =
        name.starts_with("blocks.") || name.starts_with("patch_embed.") || name == "pos_embed";
    EXPECT_TRUE(!frozen || unchanged(name)) << name;
  }
  EXPECT_FALSE(unchanged("decode_head.conv_seg.weight"));
  EXPECT_FALSE(unchanged("fpn1.1.running_mean"));
  const Json metrics = Json::parse(read(run_file("run", "metrics.json")));
  EXPECT_EQ(metrics["thresholds"]["rule"], "dice");
  EXPECT_EQ(metrics["thresholds"]["chosen_on"], "validation (3 images)");
}

TEST(SegmentVerb, MarksTheLungsOfTheDemonstration) {
  const Folder folder;
  const Process process =
      evax({"segment", source_file("demo/lungs.safetensors"),
            source_file("demo/xrays/nih_dx_jpeg_ls.dcm"),
            source_file("demo/lungs/ATTRIBUTION.none"), "-o", folder.file("out")});
  EXPECT_EQ(process.exit_code, 3);  // one of two
  EXPECT_NE(process.err.find("ATTRIBUTION.none"), std::string::npos);
  const std::string stem = folder.file("out") + "/nih_dx_jpeg_ls";
  for (const char* file : {"_mask.png", "_overlay.png", "_seg.dcm"})
    EXPECT_TRUE(fs::exists(stem + file)) << file;
  const Json json = Json::parse(read(stem + ".json"));
  const double share = json["classes"]["lung"]["area_fraction"];
  EXPECT_GT(share, 0.2);  // of any adult's chest X-ray
  EXPECT_LT(share, 0.6);

  const Process refused = evax({"segment", source_file("demo/pneumonia.safetensors"),
                                source_file("demo/xrays"), "-o", folder.file("no")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("segment needs a segmentation model"), std::string::npos);
}

// docs/segmentation.md; images, masks and weights are all in the repository.
TEST(SegmentVerb, TheLungModelKeepsItsDice) {
  const Folder folder;
  write(folder.file("t.toml"), "[data]\nkind = 'csv'\nimages = '" + source_file("demo/lungs") +
                                   "'\ntest = '" + source_file("demo/lungs/test.csv") + "'\n");
  const Process process = evax({"evaluate", source_file("demo/lungs.safetensors"),
                                folder.file("t.toml"), "--json", "-o", folder.file("out")});
  ASSERT_EQ(process.exit_code, 0) << process.err;
  EXPECT_GE(Json::parse(process.out)["dice"].get<double>(), 0.9);
  EXPECT_TRUE(fs::exists(folder.file("out") + "/report.html"));
}

}  // namespace
}  // namespace evax::e2e
