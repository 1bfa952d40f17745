// Training with the real binaries on the committed X-rays: what a run leaves behind, that no kill
// can change it, that processes share the work, and what bad input gets.

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"
#include "tests/e2e/ranks.h"
#include "tests/e2e/training.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A network of a few thousand parameters that sees 32 x 32 pixels: an epoch takes a second or so.
std::string tiny_recipe(const std::string& images) {
  return "task = 'classify'\n" + tiny_network + R"(image_size = 32
drop_path = 0.1
[data]
kind = "folder"
images = ")" +
         images + R"("
split = {val = 0.2, test = 0.2, seed = 0}
[optim]
lr = 1e-3
epochs = 3
batch_size = 8
[run]
threads = 1
checkpoint_steps = 4
)";
}

class Train : public Training {
 protected:
  void SetUp() override { write(recipe_, tiny_recipe(source_file("demo/adult"))); }
};

TEST_F(Train, LeavesAModelThatPredictsAndFiguresThatOtherProgramsRead) {
  const Process run = train("a");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* name : {"recipe.toml", "protocol.json", "metrics.jsonl", "metrics.json",
                           "best.safetensors", "last.safetensors", "checkpoints", "tensorboard"})
    EXPECT_TRUE(fs::exists(run_file("a", name))) << name;

  const Json metrics = Json::parse(read(run_file("a", "metrics.json")));
  EXPECT_EQ(metrics["set"], "test");
  EXPECT_EQ(metrics["selected_on"], "validation");
  EXPECT_GT(metrics["n"].get<int>(), 20);
  EXPECT_GT(metrics["mean_auc"].get<double>(), 0.0);

  // The runtime half reads what the training half wrote.
  const Process predict = evax(
      {"predict", run_file("a", "best.safetensors"), source_file("demo/adult"), "--format", "csv"});
  EXPECT_EQ(predict.exit_code, 0) << predict.err;

  const Process again = train("a");
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("--resume auto"), std::string::npos) << again.err;
  const std::string before = read(run_file("a", "last.safetensors"));
  EXPECT_EQ(train("a", {"--resume", "auto"}).exit_code, 0);
  EXPECT_EQ(read(run_file("a", "last.safetensors")), before);
}

TEST_F(Train, TheTestAucIsThatOfPredictOnTheSameImages) {
  ASSERT_EQ(train("a").exit_code, 0);
  // Selected weights on the test images, through the engine: same areas, whichever half computes
  // them.
  const Process split = evax({"data", "split", "--kind", "folder", "--images",
                              source_file("demo/adult"), "--val-share", "0.2", "--test-share",
                              "0.2", "--seed", "0", "-o", folder_.file("lists")});
  ASSERT_EQ(split.exit_code, 0) << split.err;
  const auto rows = read_csv(read(folder_.file("lists") + "/test.csv"));
  ASSERT_GT(rows.size(), 10U);
  std::vector<std::string> arguments{"predict", run_file("a", "best.safetensors"), "--format",
                                     "jsonl"};
  std::vector<bool> truth;
  for (size_t i = 1; i < rows.size(); ++i) {
    const fs::path path = rows[i][0];
    arguments.push_back(path.is_absolute() ? path.string()
                                           : source_file("demo/adult/" + path.string()));
    truth.push_back(rows[i][0].find("Pneumonia") != std::string::npos);
  }
  const Process predict = evax(arguments);
  ASSERT_EQ(predict.exit_code, 0) << predict.err;
  std::vector<double> scores;
  for (const std::string& line : predict.out_lines())
    scores.push_back(Json::parse(line)["classes"]["Pneumonia"]["probability"]);
  double pairs = 0;
  double right = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = 0; j < scores.size(); ++j)
      if (truth[i] && !truth[j]) {
        ++pairs;
        right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      }
  const Json metrics = Json::parse(read(run_file("a", "metrics.json")));
  EXPECT_EQ(metrics["n"], scores.size());
  EXPECT_NEAR(metrics["classes"]["Pneumonia"]["auc"], right / pairs, 1e-9);
}

TEST_F(Train, NoKillChangesAByte) {
  const Process whole = train("whole", {"optim.epochs=12", "run.checkpoint_steps=1"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  int kills = 0;
  Process run;
  // After three chosen steps, then later and later as parts of what a whole run takes here, so that
  // start-up, training, saving and evaluation are all hit.
  for (int attempt = 0; attempt < 40; ++attempt) {
    run = train("killed", {"--resume", "auto", "optim.epochs=12", "run.checkpoint_steps=1"},
                attempt < 3 ? Launch{.when = after_step("killed", 1 + attempt)}
                            : Launch{.limit = whole.seconds * (0.15 + 0.07 * attempt)});
    if (run.exit_code == 0) break;
    ASSERT_EQ(run.exit_code, 128 + SIGKILL) << run.err;
    ++kills;
  }
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_GE(kills, 3);
  for (const char* name : {"last.safetensors", "best.safetensors"})
    EXPECT_TRUE(read(run_file("whole", name)) == read(run_file("killed", name))) << name;
  // Nothing is told twice.
  int64_t last = -1;
  const std::string log = read(run_file("killed", "metrics.jsonl"));
  const std::string log_of_whole = read(run_file("whole", "metrics.jsonl"));
  EXPECT_EQ(std::ranges::count(log, '\n'), std::ranges::count(log_of_whole, '\n'));
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const int64_t step = Json::parse(line)["step"];
    EXPECT_GE(step, last);
    last = step;
  }
}

TEST_F(Train, WhatAKillLeftUnfinishedIsNoRun) {
  fs::create_directory(folder_.file("a"));
  write(run_file("a", "recipe.toml.4711.0.tmp"), "task = ");
  const Process run = train("a", {"optim.epochs=1", "--resume", "auto"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_FALSE(fs::exists(run_file("a", "recipe.toml.4711.0.tmp")));
}

TEST_F(Train, SigtermSavesAndTheRunGoesOn) {
  const Process whole = train("whole", {"optim.epochs=30"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const Process stopped = train("stopped", {"optim.epochs=30", "--resume", "auto"},
                                Launch{.when = after_step("stopped", 5), .signal = SIGTERM});
  ASSERT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_NE(stopped.err.find("saved"), std::string::npos) << stopped.err;
  EXPECT_FALSE(fs::exists(run_file("stopped", "metrics.json")));
  ASSERT_EQ(train("stopped", {"optim.epochs=30", "--resume", "auto"}).exit_code, 0);
  EXPECT_TRUE(read(run_file("whole", "last.safetensors")) ==
              read(run_file("stopped", "last.safetensors")));
}

TEST_F(Train, AChangedRecipeIsShownAndRefused) {
  ASSERT_EQ(train("a", {"optim.epochs=1000", "--resume", "auto"},
                  Launch{.when = after_step("a", 1), .signal = SIGTERM})
                .exit_code,
            0);
  const Process changed = train("a", {"optim.epochs=1000", "optim.lr=5e-4", "--resume", "auto"});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_NE(changed.err.find("optim.lr"), std::string::npos) << changed.err;
  EXPECT_NE(changed.err.find("--force"), std::string::npos) << changed.err;
  EXPECT_EQ(train("a", {"optim.epochs=2", "--resume", "auto", "--force"}).exit_code, 0);
}

TEST_F(Train, ThePaperProtocolIsMarkedEverywhere) {
  const Process run = train("a", {"run.protocol=paper"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("TEST"), std::string::npos) << run.err;
  const Json metrics = Json::parse(read(run_file("a", "metrics.json")));
  EXPECT_EQ(metrics["protocol"], "paper");
  EXPECT_EQ(metrics["selected_on"], "test");
  EXPECT_NE(read(run_file("a", "protocol.json")).find("TEST"), std::string::npos);
  const Process info = evax({"info", run_file("a", "best.safetensors"), "--json"});
  EXPECT_NE(info.out.find("test"), std::string::npos) << info.out;
}

TEST_F(Train, RepeatsReportMeanAndDeviation) {
  const Process run = train("a", {"run.repeats=2", "optim.epochs=1"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json summary = Json::parse(read(run_file("a", "summary.json")));
  const auto values = summary["mean_auc"]["values"].get<std::vector<double>>();
  ASSERT_EQ(values.size(), 2U);
  EXPECT_DOUBLE_EQ(summary["mean_auc"]["mean"], (values[0] + values[1]) / 2);
  EXPECT_NEAR(summary["mean_auc"]["std"], std::abs(values[0] - values[1]) / std::sqrt(2.0), 1e-12);
}

TEST_F(Train, StopsAfterThreeStepsThatAreNotFinite) {
  const Process run = train("a", {"optim.lr=1e38", "optim.layer_decay=1"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("3 steps in a row"), std::string::npos) << run.err;
  bool found = false;
  for (const auto& entry : fs::directory_iterator(run_file("a", "non_finite")))
    if (entry.path().extension() == ".json") {
      found = true;
      EXPECT_EQ(Json::parse(read(entry.path()))["samples"].size(), 8U);
    }
  EXPECT_TRUE(found);
}

TEST_F(Train, UnreadableImages) {
  const std::string images = folder_.file("images");
  fs::copy(source_file("demo/adult"), images, fs::copy_options::recursive);
  write(recipe_, tiny_recipe(images));
  const std::string broken = images + "/Pneumonia/00014000_000.jpg";  // dealt into training
  write(broken, "broken");
  const Process one = train("one", {"optim.epochs=1"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_NE(read(run_file("one", "unreadable.csv")).find("00014000_000.jpg"), std::string::npos);
  fs::remove(broken);
  write(images + "/Normal/00009999_000.jpg", "broken");  // one of 42 for validation
  const Process judged = train("judged", {"optim.epochs=1"});
  EXPECT_EQ(judged.exit_code, 1);
  EXPECT_NE(
      judged.err.find("expected at most 1 % of the images to be unreadable, found at least 1 of "
                      "42"),
      std::string::npos)
      << judged.err;
  for (int i = 0; i < 9; ++i)
    write(images + "/Normal/0000990" + std::to_string(i) + "_000.jpg", "broken");
  const Process many = train("many", {"optim.epochs=1"});
  EXPECT_EQ(many.exit_code, 1);
  EXPECT_NE(many.err.find("1 %"), std::string::npos) << many.err;
}

TEST_F(Train, TwoProcessesEqualOne) {
  ASSERT_EQ(train("one", {"optim.epochs=2", "optim.batch_size=8", "run.precision=fp32"}).exit_code,
            0);
  const auto ranks = launch_ranks({"train", recipe_, "--run", folder_.file("two"), "optim.epochs=2",
                                   "optim.batch_size=4", "run.precision=fp32"},
                                  2, a_free_port());
  for (const Process& rank : ranks) ASSERT_EQ(rank.exit_code, 0) << rank.err;
  expect_equal_models(run_file("one", "last.safetensors"), run_file("two", "last.safetensors"));
}

// BatchNorm takes the statistics of all processes: those of four images alone would be far off.
TEST_F(Train, TwoProcessesShareTheStatisticsOfBatchNorm) {
  const std::string recipe = folder_.file("cnn.toml");
  write(recipe,
        "task = 'classify'\n[model]\narch = 'densenet121'\nimage_size = 64\n"
        "[data]\nkind = 'folder'\nimages = '" +
            source_file("demo/adult") +
            "'\n"
            "split = {val = 0.1, test = 0.1, seed = 0}\n[augment]\npolicy = 'none'\n"
            "[optim]\noptimizer = 'sgd'\nlr = 1e-3\nsteps = 1\n[run]\nthreads = 1\nprecision = "
            "'fp32'\n");
  ASSERT_EQ(evax({"train", recipe, "--run", folder_.file("one"), "optim.batch_size=8"}).exit_code,
            0);
  const auto ranks = launch_ranks(
      {"train", recipe, "--run", folder_.file("two"), "optim.batch_size=4"}, 2, a_free_port());
  for (const Process& rank : ranks) ASSERT_EQ(rank.exit_code, 0) << rank.err;
  // Running variances are of the order of 1; a rank's own would differ by some per cent.
  expect_equal_models(run_file("one", "last.safetensors"), run_file("two", "last.safetensors"),
                      5e-6);
}

TEST_F(Train, TwoProcessesTrainWithTheFirstLayerFrozen) {
  // The patch embedding gets no gradient (spec H 7), which must not keep the processes waiting.
  const auto ranks = launch_ranks({"train", recipe_, "--run", folder_.file("two"), "optim.epochs=1",
                                   "optim.batch_size=4", "model.stop_grad_conv1=true"},
                                  2, a_free_port());
  for (const Process& rank : ranks) EXPECT_EQ(rank.exit_code, 0) << rank.err;
}

TEST_F(Train, ResumesWithAnotherNumberOfProcesses) {
  ASSERT_EQ(train("a", {"optim.epochs=20", "optim.batch_size=8", "--resume", "auto"},
                  Launch{.when = after_step("a", 2), .signal = SIGTERM})
                .exit_code,
            0);
  ASSERT_FALSE(fs::exists(run_file("a", "metrics.json"))) << "it ended before it was stopped";
  const auto ranks = launch_ranks({"train", recipe_, "--run", folder_.file("a"), "optim.epochs=20",
                                   "optim.batch_size=4", "--resume", "auto"},
                                  2, a_free_port());
  for (const Process& rank : ranks) ASSERT_EQ(rank.exit_code, 0) << rank.err;
  EXPECT_TRUE(fs::exists(run_file("a", "metrics.json")));
}

TEST_F(Train, ADeadRankEndsAll) {
  const auto ranks =
      launch_ranks({"train", recipe_, "--run", folder_.file("a"), "optim.epochs=1000",
                    "optim.batch_size=4", "run.timeout_seconds=5"},
                   2, a_free_port(), 5);
  EXPECT_EQ(ranks[1].exit_code, 128 + SIGKILL);
  EXPECT_EQ(ranks[0].exit_code, 1) << ranks[0].err;
  EXPECT_LT(ranks[0].seconds, 40);
  EXPECT_NE(ranks[0].err.find("error: "), std::string::npos) << ranks[0].err;
}

TEST_F(Train, DryRunTrainsNothing) {
  const Process run = train("a", {"--dry-run"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("memory"), std::string::npos) << run.err;
  EXPECT_FALSE(fs::exists(folder_.file("a")));
}

TEST_F(Train, SaysBeforeTrainingThatImagesAreMissing) {
  write(folder_.file("list.csv"),
        "path,label\nNormal/00000000_000.jpg,a\nNormal/00000001_000.jpg,b\n");
  const Process run = train("a", {"data.kind=csv", "data.train=" + folder_.file("list.csv"),
                                  "data.split={val = 0.5, test = 0.0}", "--dry-run"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("missing"), std::string::npos) << run.err;
}

TEST_F(Train, BadInputGetsOneSentence) {
  struct Case {
    std::vector<std::string> more;
    std::string says;
  };
  write(folder_.file("file"), "in the way");
  const std::vector<Case> cases{
      {{"optim.learning_rat=1"}, "optim."},
      {{"optim.lr=fast"}, "optim.lr"},
      {{"model.init=missing.pth"}, "missing.pth"},
      {{"model.init=" + source_file("demo/pneumonia.safetensors")}, "embed_dim"},
      {{"data.images=/nowhere"}, "/nowhere"},
      {{"optim.batch_size=4000"}, "batch_size"},
      {{"task=segment"}, "task"},
      {{"run.device=cuda"}, "run.device"},
  };
  for (const Case& bad : cases) {
    const Process run = train("bad", bad.more);
    EXPECT_EQ(run.exit_code, 1) << bad.more[0] << "\n" << run.err;
    EXPECT_TRUE(run.err.starts_with("error: ")) << run.err;
    EXPECT_NE(run.err.find(bad.says), std::string::npos) << bad.more[0] << "\n" << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_FALSE(fs::exists(folder_.file("bad"))) << bad.more[0];
  }
  const Process blocked = evax({"train", recipe_, "--run", folder_.file("file") + "/run"});
  EXPECT_EQ(blocked.exit_code, 1);
  EXPECT_NE(blocked.err.find("file"), std::string::npos) << blocked.err;
}

}  // namespace
}  // namespace evax::e2e
