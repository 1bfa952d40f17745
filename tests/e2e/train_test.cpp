// Training with the real binaries on the committed X-rays: what a run leaves behind, that no kill
// can change it, that processes share the work, and what bad input gets.

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

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

// A copy of the X-rays that a test may change, listed in a file.
class ChangedData : public Train {
 protected:
  void SetUp() override {
    fs::copy(source_file("demo/adult"), images_, fs::copy_options::recursive);
    for (const char* name : {"Normal", "Pneumonia"})
      for (const auto& entry : fs::directory_iterator(images_ + "/" + name)) {
        const std::string file = entry.path().filename().string();
        const bool test = std::stoi(file) % 4 == 0;  // by patient
        (test ? tested_ : trained_).push_back(std::string(name) + "/" + file);
      }
    for (const std::string& name : trained_) write_list("train.csv", name);
    for (const std::string& name : tested_) write_list("test.csv", name);
    write(recipe_, "task = 'classify'\n" + tiny_network +
                       "image_size = 32\n[data]\nkind = 'csv'\nimages = '" + images_ +
                       "'\ntrain = '" + folder_.file("train.csv") + "'\ntest = '" +
                       folder_.file("test.csv") +
                       "'\nval_fraction = 0.3\n[optim]\nepochs = 2\nbatch_size = 8\n"
                       "[run]\nthreads = 1\ncheckpoint_steps = 1\n");
  }

  void write_list(const std::string& list, const std::string& name) {
    const std::string path = folder_.file(list);
    const std::string before = fs::exists(path) ? read(path) : "path,Pneumonia\n";
    write(path, before + name + (name.starts_with("Normal") ? ",0\n" : ",1\n"));
  }
  void stop(const std::string& run) {
    const Process stopped =
        train(run, {"optim.epochs=1000"}, Launch{.when = after_step(run, 1), .signal = SIGTERM});
    ASSERT_EQ(stopped.exit_code, 0) << stopped.err;
  }
  // And leaves the run as it was.
  void expect_refused(const std::string& run, const std::vector<std::string>& more,
                      const std::string& says) {
    const std::string before = read(run_file(run, "protocol.json"));
    std::vector<std::string> arguments = more;
    arguments.insert(arguments.end(), {"--resume", "auto"});
    const Process refused = train(run, arguments);
    EXPECT_EQ(refused.exit_code, 1) << refused.err;
    EXPECT_NE(refused.err.find(says), std::string::npos) << says << "\n" << refused.err;
    EXPECT_NE(refused.err.find("--force"), std::string::npos) << refused.err;
    EXPECT_EQ(read(run_file(run, "protocol.json")), before);
  }

  const std::string images_ = folder_.file("images");
  std::vector<std::string> trained_, tested_;
};

TEST_F(ChangedData, IsShownAndRefused) {
  stop("a");
  const std::vector<std::string> more{"optim.epochs=1000"};
  const std::string train_csv = read(folder_.file("train.csv"));
  const std::string test_csv = read(folder_.file("test.csv"));

  fs::copy_file(images_ + "/" + trained_[1], images_ + "/extra.jpg");
  write_list("train.csv", "extra.jpg");
  expect_refused("a", more, "train.images: ");
  write(folder_.file("train.csv"), train_csv);

  write_list("test.csv", "extra.jpg");
  expect_refused("a", more, "test.images: ");
  write(folder_.file("test.csv"), test_csv);

  const std::string path = images_ + "/" + trained_[1];
  const std::string picture = read(path);
  fs::copy_file(images_ + "/" + trained_[2], path, fs::copy_options::overwrite_existing);
  expect_refused("a", more, "pictures_sha256: ");
  // The same picture written anew is the same.
  write(path, picture);
  EXPECT_EQ(train("a", {"optim.epochs=1000", "--resume", "auto"},
                  Launch{.when = after_step("a", 8), .signal = SIGTERM})
                .exit_code,
            0);
  write_list("test.csv", "extra.jpg");
  const Process forced = train("a", {"optim.epochs=1", "--resume", "auto", "--force"});
  ASSERT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_NE(forced.err.find("test.images: "), std::string::npos) << forced.err;
}

// As it was found: a row was added after the kill, and images that were trained on were validated
// on.
TEST(FieldInput, ATrainingIsNotResumedOnAChangedList) {
  const Folder folder;
  const std::string said = folder.file("said");
  const std::string command = "cd " + source_file("tests/fixtures/field") +
                              " && TMPDIR=" + folder.path() + " bash resume_on_changed_list.sh " +
                              EVAX_BINARY + " >" + said + " 2>/dev/null";
  ASSERT_NE(std::system(command.c_str()), -1);
  EXPECT_NE(read(said).find("found changes: train.images: 11 -> 12"), std::string::npos)
      << read(said);
  EXPECT_EQ(read(said).find("continuing from"), std::string::npos) << read(said);
}

TEST_F(ChangedData, AFinishedRunIsFinishedOnlyAsItIs) {
  ASSERT_EQ(train("a").exit_code, 0);
  const std::string metrics = read(run_file("a", "metrics.json"));
  const Process again = train("a", {"--resume", "auto", "data.workers=1"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("this run is finished"), std::string::npos) << again.err;

  expect_refused("a", {"optim.epochs=4"}, "optim.epochs: 2 -> 4");
  const std::string path = images_ + "/" + tested_[0];
  const std::string picture = read(path);
  write(path, picture + " ");
  expect_refused("a", {}, "finished run, found changes: test.pictures_sha256: ");
  write(path, picture);
  EXPECT_EQ(read(run_file("a", "metrics.json")), metrics);

  const Process forced = train("a", {"optim.epochs=4", "--resume", "auto", "--force"});
  ASSERT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_NE(forced.err.find("continuing from step "), std::string::npos) << forced.err;
  EXPECT_NE(forced.err.find("epoch 4: "), std::string::npos) << forced.err;
  EXPECT_TRUE(fs::exists(run_file("a", "metrics.json")));
}

// The files of runs that an older version began.
TEST_F(ChangedData, OfOldRunsIsComparedAsFarAsTheyTell) {
  stop("a");
  const std::string path = run_file("a", "protocol.json");
  Json protocol = Json::parse(read(path));
  for (const char* list : {"train", "val", "test"})
    EXPECT_EQ(protocol[list].erase("pictures_sha256"), 1U) << list;
  write(path, protocol.dump());
  const std::string test_csv = read(folder_.file("test.csv"));
  fs::copy_file(images_ + "/" + trained_[1], images_ + "/extra.jpg");
  write_list("test.csv", "extra.jpg");
  expect_refused("a", {"optim.epochs=1000"}, "test.images: ");
  write(folder_.file("test.csv"), test_csv);
  const Process resumed = train("a", {"optim.epochs=1000", "--resume", "auto"},
                                Launch{.when = after_step("a", 8), .signal = SIGTERM});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("train.pictures_sha256, val.pictures_sha256, test.pictures_sha256: "
                             "not compared"),
            std::string::npos)
      << resumed.err;
  EXPECT_TRUE(Json::parse(read(path))["train"].contains("pictures_sha256"));

  fs::remove(path);
  const Process bare = train("a", {"optim.epochs=1000", "--resume", "auto"},
                             Launch{.when = after_step("a", 12), .signal = SIGTERM});
  EXPECT_EQ(bare.exit_code, 0) << bare.err;
  EXPECT_NE(bare.err.find("no protocol.json"), std::string::npos) << bare.err;
  write(path, "[1");
  const Process broken = train("a", {"optim.epochs=1000", "--resume", "auto"});
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_NE(broken.err.find("protocol.json: expected"), std::string::npos) << broken.err;
}

TEST_F(Train, AutoObeysTheCapOnInstructions) {
  const Process capped = train("a", {"--dry-run"}, Launch{.environment = {"EVAX_MAX_ISA=avx512"}});
  ASSERT_EQ(capped.exit_code, 0) << capped.err;
  EXPECT_NE(capped.err.find("GiB a process in fp32"), std::string::npos) << capped.err;
  const Process misspelt = train("a", {"--dry-run"}, Launch{.environment = {"EVAX_MAX_ISA=avx"}});
  EXPECT_EQ(misspelt.exit_code, 1);
  EXPECT_NE(misspelt.err.find("EVAX_MAX_ISA"), std::string::npos) << misspelt.err;
}

// The probability of the second class by path, of a folder's predictions.csv.
std::map<std::string, double> probabilities(const std::string& folder) {
  std::map<std::string, double> values;
  const auto rows = read_csv(read(folder + "/predictions.csv"));
  for (size_t i = 1; i < rows.size(); ++i) values[rows[i][0]] = std::stod(rows[i][4]);
  return values;
}

// Whatever a training computes its steps in, its scores are those of the model file.
TEST_F(Train, TheFinalScoresAreThoseOfEvaluateInEveryPrecision) {
  for (const std::string precision : {"fp32", "bf16", "auto"}) {
    ASSERT_EQ(train(precision, {"run.precision=" + precision}).exit_code, 0);
    const Process judged = evax({"evaluate", run_file(precision, "best.safetensors"), recipe_, "-o",
                                 folder_.file("judged_" + precision), "--draws", "0"});
    ASSERT_EQ(judged.exit_code, 0) << judged.err;
    const auto trained = probabilities(folder_.file(precision));
    const auto evaluated = probabilities(folder_.file("judged_" + precision));
    ASSERT_EQ(trained.size(), evaluated.size());
    std::set<double> different;
    for (const auto& [path, probability] : trained) {
      EXPECT_NEAR(evaluated.at(path), probability, 1e-5) << precision << " " << path;
      different.insert(probability);
    }
    EXPECT_EQ(different.size(), trained.size()) << precision;
  }
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
