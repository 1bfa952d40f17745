// The networks that EVA-X is compared with, through the real binaries: trained, judged, run by the
// half that has them, and what a checkpoint of another architecture gets.

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string recipe_of(const std::string& model) {
  return "task = \"classify\"\n[model]\n" + model + R"(
[data]
kind = "folder"
images = ")" +
         source_file("demo/adult") + R"("
split = {val = 0.2, test = 0.2, seed = 0}
[augment]
policy = "none"
[optim]
lr = 1e-3
epochs = 1
warmup_epochs = 0
batch_size = 8
[run]
threads = 1
precision = "bf16"
)";
}

struct Network {
  const char* arch;
  const char* model;  // the table [model]
  int features;
};

void PrintTo(const Network& network, std::ostream* out) { *out << network.arch; }

// One training for all that is asked of it.
class Baseline : public testing::TestWithParam<Network> {
 protected:
  const Folder folder_;
  const std::string recipe_ = folder_.file("recipe.toml");
  const std::string run_ = folder_.file("run");
  const std::string model_ = run_ + "/best.safetensors";

  void expect_the_same_judgement() const;
  void expect_predictions_and_features() const;
  void expect_heat_maps() const;
  void expect_another_architecture_to_be_refused() const;
};

INSTANTIATE_TEST_SUITE_P(
    Networks, Baseline,
    testing::Values(Network{"vit",
                            "arch = 'vit'\nembed_dim = 64\ndepth = 2\nnum_heads = 1\n"
                            "mlp_hidden = 256\nimage_size = 32\npool = 'token'",
                            64},
                    Network{"densenet121", "arch = 'densenet121'\nimage_size = 32", 1024}),
    [](const auto& network) { return std::string(network.param.arch); });

// The probabilities of the second class by path.
std::map<std::string, double> probabilities(const std::string& folder) {
  const auto rows = read_csv(read(folder + "/predictions.csv"));
  std::map<std::string, double> values;
  for (size_t i = 1; i < rows.size(); ++i) values[rows[i][0]] = std::stod(rows[i][4]);
  return values;
}

void Baseline::expect_the_same_judgement() const {
  const Process judged =
      evax({"evaluate", model_, recipe_, "-o", folder_.file("judged"), "--json", "--draws", "50"});
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  const Json metrics = Json::parse(judged.out);
  EXPECT_EQ(metrics["model"]["arch"], GetParam().arch);
  const auto trained = probabilities(run_);
  const auto evaluated = probabilities(folder_.file("judged"));
  ASSERT_EQ(trained.size(), evaluated.size());
  for (const auto& [path, probability] : trained)
    EXPECT_NEAR(evaluated.at(path), probability, 1e-5) << path;
  const Json before = Json::parse(read(run_ + "/metrics.json"));
  EXPECT_NEAR(metrics["mean_auc"], before["mean_auc"], 1e-3);
  EXPECT_TRUE(fs::exists(run_ + "/report.html"));
  EXPECT_TRUE(fs::exists(folder_.file("judged/explain.html")));
}

void Baseline::expect_predictions_and_features() const {
  const std::string image = source_file("demo/xrays");
  const Process predicted = evax({"predict", model_, image, "--format", "jsonl"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  EXPECT_EQ(predicted.out_lines().size(), 8U);
  const Process embedded = evax({"embed", model_, image, "-o", folder_.file("e.npy")});
  ASSERT_EQ(embedded.exit_code, 0) << embedded.err;
  const std::string shape = "(8, " + std::to_string(GetParam().features) + ")";
  EXPECT_NE(read(folder_.file("e.npy")).substr(0, 128).find(shape), std::string::npos);
}

void Baseline::expect_heat_maps() const {
  const std::string image = source_file("demo/xrays/00001368_000.png");
  const std::string maps = folder_.file("maps"), page = folder_.file("page.html");
  const Process explained =
      evax({"explain", model_, image, "--class", "Pneumonia", "-o", maps, "--html", page, "--with",
            source_file("demo/pneumonia.safetensors")});
  ASSERT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_TRUE(fs::exists(maps + "/00001368_000_Pneumonia_overlay.png"));
  const Json shown = Json::parse(page_json(read(page)));
  const bool transformer = GetParam().arch == std::string("vit");
  EXPECT_EQ(shown["models"][0]["grid"], transformer ? 2 : 1);  // of 32 pixels
  EXPECT_EQ(shown["images"][0]["explanations"][0]["attention"], transformer);
  EXPECT_EQ(shown["images"][0]["explanations"][1]["attention"], true);
  const Json json = Json::parse(read(maps + "/00001368_000.json"));
  EXPECT_NEAR(json["classes"]["Pneumonia"]["probability"],
              shown["images"][0]["explanations"][0]["probabilities"][1].get<double>(), 1e-6);

  write(folder_.file("boxes.csv"),
        "path,label,x,y,width,height\n" + image + ",Pneumonia,100,120,80,60\n");
  write(folder_.file("boxes.toml"), "[data]\nboxes = \"boxes.csv\"\n");
  const Process located =
      evax({"localize", model_, folder_.file("boxes.toml"),
            "data.boxes=" + folder_.file("boxes.csv"), "--json", "--draws", "0"});
  ASSERT_EQ(located.exit_code, 0) << located.err;
  EXPECT_EQ(Json::parse(located.out)["n"], 1);

  const Process rollout = evax({"explain", model_, image, "--method", "rollout", "-o", maps});
  EXPECT_EQ(rollout.exit_code, transformer ? 0 : 1);
  if (!transformer) {
    EXPECT_NE(rollout.err.find("--method rollout needs a vision transformer, found densenet121"),
              std::string::npos)
        << rollout.err;
  }
}

void Baseline::expect_another_architecture_to_be_refused() const {
  const std::string other = folder_.file("other.toml");
  write(other, recipe_of("arch = 'eva_x_tiny'\ninit = '" + model_ + "'"));
  const Process refused = evax({"train", other, "--run", folder_.file("other")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("another network than the recipe's model.arch = eva_x_tiny: expected "
                             "arch eva_x, found " +
                             std::string(GetParam().arch)),
            std::string::npos)
      << refused.err;
  EXPECT_FALSE(fs::exists(folder_.file("other")));
}

TEST_P(Baseline, IsTrainedJudgedAndRun) {
  write(recipe_, recipe_of(GetParam().model));
  const Process trained = evax({"train", recipe_, "--run", run_});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  expect_the_same_judgement();
  expect_predictions_and_features();
  expect_heat_maps();
  expect_another_architecture_to_be_refused();
}

}  // namespace
}  // namespace evax::e2e
