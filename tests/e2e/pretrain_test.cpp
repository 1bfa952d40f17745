// Pre-training with the real binaries on the committed X-rays: what a run leaves behind and what
// can be done with it, that no kill can change it, that processes share the work, and what bad
// input gets.

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"
#include "tests/e2e/ranks.h"
#include "tests/e2e/training.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A network of a few thousand parameters that sees 64 x 64 pixels, taught by another small one.
std::string tiny_recipe() {
  return "task = 'pretrain'\n" + tiny_network + R"(image_size = 64
[data]
kind = "folder"
images = ")" +
         source_file("demo/adult") + R"("
split = {val = 0.2, test = 0.0, seed = 0}
[teacher]
model = ")" +
         source_file("tests/fixtures/parity/tiny.pth") + R"("
[optim]
lr = 2e-3
epochs = 4
batch_size = 8
accumulate = 1
[run]
threads = 1
eval_every = 1
checkpoint_steps = 4
)";
}

class Pretrain : public Training {
 protected:
  void SetUp() override { write(recipe_, tiny_recipe()); }

  Json metrics(const std::string& run) const {
    return Json::parse(read(run_file(run, "metrics.json")));
  }
  // Of metrics.jsonl, in order.
  std::vector<std::pair<int64_t, double>> validation_losses(const std::string& run) const {
    std::vector<std::pair<int64_t, double>> losses;
    std::istringstream lines(read(run_file(run, "metrics.jsonl")));
    for (std::string line; std::getline(lines, line);) {
      const Json entry = Json::parse(line);
      if (entry.contains("val_mim_loss")) losses.emplace_back(entry["step"], entry["val_mim_loss"]);
    }
    return losses;
  }
};

TEST_F(Pretrain, LearnsAndLeavesAModelToGoOnFrom) {
  const Process run = train("a");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* line : {"mask: block, 5 of 16 patches, blocks of at least 1",
                           "teacher: ", "betas 0.9 0.98", "a tenth (stop_grad_conv1)"})
    EXPECT_NE(run.err.find(line), std::string::npos) << line << "\n" << run.err;

  const auto losses = validation_losses("a");
  ASSERT_EQ(losses.size(), 5U);  // before the first step and after every epoch
  EXPECT_EQ(losses.front().first, 0);
  EXPECT_LT(losses.back().second, losses.front().second - 0.1);
  EXPECT_EQ(metrics("a")["val_mim_loss"].get<double>(), losses.back().second);

  const Process info = evax({"info", run_file("a", "last.safetensors"), "--json"});
  ASSERT_EQ(info.exit_code, 0) << info.err;
  const Json model = Json::parse(info.out);
  EXPECT_EQ(model["task"], "pretrained");
  EXPECT_EQ(model["model"]["rope_ref_grid"], 4);
  EXPECT_EQ(model["provenance"]["epochs"], "4");
  const std::string teacher = model["provenance"]["teacher"];
  EXPECT_EQ(teacher.size(), 64U);

  // The engine embeds with it.
  const Process embed = evax({"embed", run_file("a", "last.safetensors"), source_file("demo/xrays"),
                              "-o", folder_.file("e.npy")});
  EXPECT_EQ(embed.exit_code, 0) << embed.err;
}

TEST_F(Pretrain, EvaluatesWithoutTrainingAndGoesOnFromAFile) {
  ASSERT_EQ(train("a").exit_code, 0);
  const std::string init = "model.init=" + run_file("a", "last.safetensors");
  const Process evaluated = train("b", {init, "optim.epochs=0"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  EXPECT_NEAR(metrics("b")["val_mim_loss"].get<double>(),
              metrics("a")["val_mim_loss"].get<double>(), 1e-6);
  EXPECT_FALSE(fs::exists(run_file("b", "last.safetensors")));

  // The official layout holds the same, and lm_head is kept although it does not say whose it is.
  const std::string official = folder_.file("official.pth");
  const Process exported =
      evax({"export", run_file("a", "last.safetensors"), "-o", official, "--layout", "official"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const Process again =  // fewer images than a step would take
      train("c", {"model.init=" + official, "optim.epochs=0", "optim.accumulate=64"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NEAR(metrics("c")["val_mim_loss"].get<double>(),
              metrics("a")["val_mim_loss"].get<double>(), 1e-6);

  // Another teacher's head is not this one's.
  const Process pixels =
      train("d", {init, "teacher.target=pixels", "teacher.model=''", "optim.epochs=1"});
  ASSERT_EQ(pixels.exit_code, 0) << pixels.err;
  EXPECT_NE(pixels.err.find("lm_head is initialised again"), std::string::npos) << pixels.err;
  EXPECT_GT(metrics("d")["val_mim_loss"].get<double>(), 0.0);  // a squared error
}

TEST_F(Pretrain, AFineTuningStartsFromIt) {
  ASSERT_EQ(train("a").exit_code, 0);
  const std::string finetune = folder_.file("finetune.toml");
  write(finetune, "task = 'classify'\n" + tiny_network + R"(image_size = 64
rope_ref_grid = 4
init = ")" + run_file("a", "last.safetensors") +
                      R"("
[data]
kind = "folder"
images = ")" + source_file("demo/adult") +
                      R"("
split = {val = 0.2, test = 0.2, seed = 0}
[optim]
epochs = 1
batch_size = 8
[run]
threads = 1
)");
  const Process run = evax({"train", finetune, "--run", folder_.file("f")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(metrics("f").contains("mean_auc"));
}

TEST_F(Pretrain, ProbesTheFeatures) {
  const std::string labelled = "probe.data={kind = 'folder', images = '" +
                               source_file("demo/adult") +
                               "', split = {val = 0.3, test = 0.0, seed = 1}}";
  const Process run = train("a", {labelled, "optim.epochs=1"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* name :
       {"probe/knn_auc", "probe/linear_auc", "probe/feature_std", "probe/feature_rank"})
    EXPECT_TRUE(metrics("a").contains(name)) << name;
  EXPECT_GT(metrics("a")["probe/feature_rank"].get<double>(), 1.0);
}

// Pixels are the same targets in any precision, and the student judges in float32.
TEST_F(Pretrain, JudgesAlikeInEveryPrecision) {
  const std::string labelled = "probe.data={kind = 'folder', images = '" +
                               source_file("demo/adult") +
                               "', split = {val = 0.3, test = 0.0, seed = 1}}";
  for (const std::string precision : {"fp32", "bf16"})
    ASSERT_EQ(train(precision, {labelled, "teacher.target=pixels", "teacher.model=''",
                                "optim.epochs=0", "run.precision=" + precision})
                  .exit_code,
              0);
  for (const char* figure : {"val_mim_loss", "probe/knn_auc", "probe/linear_auc",
                             "probe/feature_std", "probe/feature_rank"})
    EXPECT_EQ(metrics("fp32")[figure], metrics("bf16")[figure]) << figure;
}

TEST_F(Pretrain, ChangedImagesProbesAndTeachersAreShownAndRefused) {
  const std::string images = folder_.file("images"), teacher = folder_.file("t.safetensors");
  fs::copy(source_file("demo/adult"), images, fs::copy_options::recursive);
  fs::copy_file(source_file("demo/pneumonia.safetensors"), teacher);
  const std::vector<std::string> arguments{"data.images=" + images,
                                           "teacher.model=" + teacher,
                                           "probe.data={kind = 'folder', images = '" + images +
                                               "/', split = {val = 0.3, test = 0.0, seed = 1}}",
                                           "optim.epochs=1",
                                           "--resume",
                                           "auto"};
  ASSERT_EQ(train("a", arguments).exit_code, 0);
  const Process finished = train("a", arguments);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_NE(finished.err.find("this run is finished"), std::string::npos) << finished.err;

  const std::string path = images + "/Normal/00001371_003.jpg";
  ASSERT_TRUE(fs::exists(path));
  const std::string picture = read(path);
  write(path, picture + " ");
  const Process changed = train("a", arguments);
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_NE(changed.err.find("; probe."), std::string::npos) << changed.err;
  EXPECT_NE(changed.err.find(".pictures_sha256: "), std::string::npos) << changed.err;
  write(path, picture);
  fs::copy_file(source_file("demo/pretrained.safetensors"), teacher,
                fs::copy_options::overwrite_existing);
  const Process taught = train("a", arguments);
  EXPECT_EQ(taught.exit_code, 1);
  EXPECT_NE(taught.err.find("teacher.id: "), std::string::npos) << taught.err;
}

TEST_F(Pretrain, NoKillChangesAByte) {
  const Process whole = train("whole", {"run.checkpoint_steps=1"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  int kills = 0;
  Process run;
  for (int attempt = 0; attempt < 40; ++attempt) {
    run = train("killed", {"--resume", "auto", "run.checkpoint_steps=1"},
                attempt < 2 ? Launch{.when = after_step("killed", 1 + 2 * attempt)}
                            : Launch{.limit = whole.seconds * (0.2 + 0.1 * attempt)});
    if (run.exit_code == 0) break;
    ASSERT_EQ(run.exit_code, 128 + SIGKILL) << run.err;
    ++kills;
  }
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_GE(kills, 2);
  EXPECT_EQ(read(run_file("killed", "last.safetensors")),
            read(run_file("whole", "last.safetensors")));
  EXPECT_EQ(validation_losses("killed"), validation_losses("whole"));
}

TEST_F(Pretrain, TwoProcessesEqualOne) {
  ASSERT_EQ(train("one", {"optim.epochs=2", "run.precision=fp32"}).exit_code, 0);
  const auto ranks = launch_ranks({"train", recipe_, "--run", folder_.file("two"), "optim.epochs=2",
                                   "optim.batch_size=4", "run.precision=fp32"},
                                  2, a_free_port());
  for (const Process& rank : ranks) ASSERT_EQ(rank.exit_code, 0) << rank.err;
  expect_equal_models(run_file("one", "last.safetensors"), run_file("two", "last.safetensors"));
  EXPECT_NEAR(metrics("one")["val_mim_loss"].get<double>(),
              metrics("two")["val_mim_loss"].get<double>(), 1e-5);
}

TEST_F(Pretrain, AHuggingFaceFolderTeaches) {
  const std::string hub = folder_.file("hub");
  const Process exported =
      evax({"export", source_file("demo/pneumonia.safetensors"), "-o", hub, "--layout", "hf"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const Process run = train("a", {"teacher.model=" + hub, "optim.epochs=0"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST_F(Pretrain, DryRunTrainsNothing) {
  const Process run = train("a", {"--dry-run"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("hidden patches"), std::string::npos) << run.err;
  EXPECT_FALSE(fs::exists(folder_.file("a")));
}

TEST_F(Pretrain, BadInputGetsOneSentence) {
  struct Case {
    std::vector<std::string> more;
    std::string says;
  };
  const std::vector<Case> cases{
      {{"teacher.model=missing.pt"}, "missing.pt"},
      {{"teacher.model=''"}, "teacher.model"},
      {{"teacher.target=pixels"}, "teacher.model"},
      {{"mask.patches=16"}, "mask.patches: expected 1 to 15 of the 16 patches, found 16"},
      {{"mask.patches=0"}, "mask.patches: expected 1 to 15"},
      {{"model.image_size=8", "preprocess.crop=8"}, "image_size"},
      {{"model.image_size=16", "preprocess.crop=16"}, "several patches"},
      {{"augment.policy=timm"}, "augment.policy"},
      {{"model.arch=resnet50"}, "model.arch"},
      {{"optim.label_smoothing=0.1"}, "optim.label_smoothing"},
      {{"teacher.modle=x"}, "teacher.model"},
      {{"optim.accumulate=64"}, ": set optim.accumulate = "},
      {{"optim.batch_size=256", "optim.accumulate=8"},
       ": set optim.batch_size = 128 and optim.accumulate = 1"},
  };
  for (const Case& bad : cases) {
    const Process run = train("bad", bad.more);
    EXPECT_EQ(run.exit_code, 1) << bad.more[0] << "\n" << run.err;
    EXPECT_TRUE(run.err.starts_with("error: ")) << run.err;
    EXPECT_NE(run.err.find(bad.says), std::string::npos) << bad.more[0] << "\n" << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_FALSE(fs::exists(folder_.file("bad"))) << bad.more[0];
  }
}

}  // namespace
}  // namespace evax::e2e
