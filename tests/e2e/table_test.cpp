// `evax table` over what `evax evaluate` and `evax localize` wrote, over a run that repeated itself
// and one that selected on the test set, and what bad folders get.

#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string model = source_file("demo/pneumonia.safetensors");

// The demonstration model on a fifth of the adult X-rays; another seed deals another test set.
std::string evaluate(const Folder& folder, int seed) {
  const std::string name = "seed_" + std::to_string(seed);
  const std::string recipe = folder.file(name + ".toml");
  write(recipe, "[data]\nkind = \"folder\"\nimages = \"" + source_file("demo/adult") +
                    "\"\nsplit = {val = 0.1, test = 0.2, seed = " + std::to_string(seed) + "}\n");
  const Process run = evax({"evaluate", model, recipe, "-o", folder.file(name), "--draws", "200"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return folder.file(name);
}

std::string finished(const Folder& folder, const std::string& name, const std::string& text,
                     const std::string& file = "metrics.json") {
  fs::create_directories(folder.file(name));
  write(folder.file(name) + "/" + file, text);
  return folder.file(name);
}

std::string paper_run(const Folder& folder) {
  return finished(folder, "paper", R"({"model": {"name": "small", "parameters": 22000000},
    "data": {"name": "covidx", "sha256": "c0"}, "protocol": "paper",
    "accuracy": 0.975, "accuracy_ci": [0.96, 0.99], "mean_auc": 0.998})");
}

std::string repeated_run(const Folder& folder) {
  return finished(folder, "repeated", R"({"runs": 3, "protocol": "validation",
    "mean_auc": {"mean": 0.8, "std": 0.0125}})",
                  "summary.json");
}

// "0.562 [0.438, 0.688]", from what the evaluation itself wrote.
std::string cell(const Json& metrics, const std::string& figure) {
  const Json& interval = metrics[figure + "_ci"];
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f [%.3f, %.3f]", metrics[figure].get<double>(),
                interval[0].get<double>(), interval[1].get<double>());
  return text.data();
}

std::string cell(const std::string& evaluation) {
  return cell(Json::parse(read(evaluation + "/metrics.json")), "accuracy");
}

#define EXPECT_CONTAINS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

class Table : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<Folder>();
    runs_ = {evaluate(*folder_, 0), evaluate(*folder_, 1), paper_run(*folder_),
             repeated_run(*folder_)};
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static Process table(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"table", runs_[0], runs_[1], "small=" + runs_[2], runs_[3]};
    words.insert(words.end(), more.begin(), more.end());
    return evax(words);
  }
  static std::string checksum(size_t run) {
    return Json::parse(read(runs_[run] + "/metrics.json"))["data"]["sha256"];
  }

  static std::unique_ptr<Folder> folder_;
  static std::vector<std::string> runs_;
};

std::unique_ptr<Folder> Table::folder_;
std::vector<std::string> Table::runs_;

TEST_F(Table, MarkdownShowsIntervalsRepeatsAndSelectionOnTheTestSet) {
  const Process run = table();
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "");
  const auto lines = run.out_lines();
  ASSERT_GT(lines.size(), 6U);
  // Two test sets of one name are two columns, one model file is one row.
  for (const size_t i : {0U, 1U})
    EXPECT_CONTAINS(lines[0], "| adult \\[" + checksum(i).substr(0, 8) + "\\]: accuracy |");
  EXPECT_CONTAINS(lines[2], "| pneumonia.safetensors | eva_x_tiny | 5.5 M | 1.25 |");
  EXPECT_CONTAINS(lines[2], "| " + cell(runs_[0]) + " | " + cell(runs_[1]) + " |");
  EXPECT_CONTAINS(lines[3], "| small | – | 22.0 M | – | – | – | 0.975 [0.960, 0.990] † |");
  EXPECT_CONTAINS(lines[4], "| 0.800 ± 0.013 (3 runs) |");
  EXPECT_CONTAINS(run.out, "was selected on the test set itself (protocol \"paper\")");
  EXPECT_CONTAINS(run.out, "do not compare figures of different columns");
}

TEST_F(Table, CsvHasALineForEachRunWithUnroundedFigures) {
  const std::string file = folder_->file("table.csv");
  ASSERT_EQ(table({"-o", file}).exit_code, 0);
  const auto rows = read_csv(read(file));
  ASSERT_EQ(rows.size(), 5U);
  const auto value = [&](size_t row, const std::string& name) {
    const auto column = std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin();
    return rows[row].at(static_cast<size_t>(column));
  };
  for (const size_t run : {0U, 1U}) {
    const Json metrics = Json::parse(read(runs_[run] + "/metrics.json"));
    EXPECT_EQ(std::stod(value(run + 1, "value")), metrics["accuracy"].get<double>());
    EXPECT_EQ(std::stod(value(run + 1, "low")), metrics["accuracy_ci"][0].get<double>());
    EXPECT_EQ(value(run + 1, "data_sha256"), checksum(run));
    EXPECT_EQ(value(run + 1, "folder"), runs_[run]);
  }
  EXPECT_EQ(value(3, "protocol"), "paper");
  EXPECT_EQ(value(4, "std"), "0.0125");
  EXPECT_EQ(value(4, "runs"), "3");
  EXPECT_EQ(value(4, "low"), "");
}

TEST_F(Table, SvgDrawsEveryFigure) {
  const Process run = table({"--format", "svg"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(run.out.starts_with("<svg"));
  for (const char* name : {"pneumonia.safetensors", "small", "repeated", "covidx"})
    EXPECT_CONTAINS(run.out, ">" + std::string(name) + "<");
  EXPECT_CONTAINS(run.out, cell(runs_[0]));
}

TEST_F(Table, SvgOverMacsLeavesOutModelsThatTellNone) {
  const Process run = table({"--format", "svg", "--over", "macs"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_CONTAINS(run.out, ">GMACs of one image<");
  EXPECT_CONTAINS(run.out, "Left out, their GMACs of one image are not known: small, repeated.");

  const Process epochs = table({"--format", "svg", "--over", "epochs"});
  EXPECT_EQ(epochs.exit_code, 1);
  EXPECT_CONTAINS(epochs.err, "expected runs whose epochs of pre-training are known");
  const Process markdown = table({"--over", "macs"});
  EXPECT_EQ(markdown.exit_code, 1);
  EXPECT_CONTAINS(markdown.err, "expected --over with a drawing");
}

TEST_F(Table, FormatWinsOverTheEndingAndAnUnknownEndingIsRefused) {
  const std::string file = folder_->file("table.txt");
  const Process refused = table({"-o", file});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_CONTAINS(refused.err, "table.txt: expected the ending .md, .csv or .svg");
  EXPECT_FALSE(fs::exists(file));
  ASSERT_EQ(table({"-o", file, "--format", "markdown"}).exit_code, 0);
  EXPECT_TRUE(read(file).starts_with("| Model |"));
}

TEST(TableOfMasks, EveryFigureHasAColumn) {
  const Folder folder;
  const std::string lungs = finished(folder, "lungs", R"({"model": {"name": "lungs.safetensors"},
    "data": {"name": "test.csv", "sha256": "ab"}, "protocol": "validation", "dice": 0.9187,
    "dice_ci": [0.9, 0.936], "jaccard": 0.851, "mean_dice_per_image": 0.915, "hd95": 34.21,
    "hd95_ci": [22.7, 47.4], "distance_unit": "px"})");
  const std::string repeated = finished(folder, "unet", R"({"runs": 3, "protocol": "paper",
    "dice": {"mean": 0.906, "std": 0.004}, "jaccard": {"mean": 0.828, "std": 0.006},
    "mean_dice_per_image": {"mean": 0.904, "std": 0.005}, "hd95": {"mean": 44.2, "std": 2.26}})",
                                        "summary.json");
  fs::create_directories(repeated + "/seed_0");
  write(repeated + "/seed_0/metrics.json", R"({"model": {"name": "best.safetensors"},
    "data": {"name": "test.csv", "sha256": "ab"}, "dice": 0.9, "distance_unit": "px"})");
  const Process run = evax({"table", lungs, "U-Net=" + repeated});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto lines = run.out_lines();
  EXPECT_CONTAINS(lines[0],
                  "| test.csv: Dice | test.csv: Jaccard | test.csv: Dice per image | "
                  "test.csv: HD95, px |");
  EXPECT_CONTAINS(lines[2], "| 0.919 [0.900, 0.936] | 0.851 | 0.915 | 34.2 [22.7, 47.4] |");
  EXPECT_CONTAINS(lines[3],
                  "| 0.906 ± 0.004 (3 runs) † | 0.828 ± 0.006 (3 runs) † | "
                  "0.904 ± 0.005 (3 runs) † | 44.2 ± 2.3 (3 runs) † |");
  EXPECT_CONTAINS(evax({"table", lungs, "--format", "svg"}).out, ">HD95, px<");
}

TEST(TableOfLocalisations, ShowsWhatLocalizeFound) {
  const Folder folder;
  write(folder.file("boxes.csv"),
        "path,label,x,y,width,height\n"
        "00001368_000.png,Pneumonia,100,120,180,160\n"
        "00001962_000.png,Pneumonia,60,200,150,200\n");
  write(folder.file("boxes.toml"), "[data]\nboxes = '" + folder.file("boxes.csv") +
                                       "'\nimages = '" + source_file("demo/xrays") + "'\n");
  const std::string found = folder.file("found");
  const Process localized =
      evax({"localize", model, folder.file("boxes.toml"), "-o", found, "--draws", "100"});
  ASSERT_EQ(localized.exit_code, 0) << localized.err;
  const Process run = evax({"table", found});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto lines = run.out_lines();
  const std::string data = "boxes boxes.csv: ";
  EXPECT_CONTAINS(lines[0],
                  "| " + data + "mAP | " + data + "AP25 | " + data + "AP50 | " + data + "mIoU |");
  const Json metrics = Json::parse(read(found + "/metrics.json"));
  EXPECT_CONTAINS(lines[2], "| " + cell(metrics, "map") + " | " + cell(metrics, "ap25") + " | " +
                                cell(metrics, "ap50") + " | " + cell(metrics, "miou") + " |");
  EXPECT_GT(metrics["miou"], 0);
}

TEST(TableOfBadFolders, UnfinishedOnesAreLeftOutAndAloneRefused) {
  const Folder folder;
  const std::string done = paper_run(folder);
  const std::string open = finished(folder, "open", "{}", "protocol.json");
  const Process run = evax({"table", open, done});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_TRUE(run.err.starts_with("warning: " + open + ": left out")) << run.err;
  EXPECT_CONTAINS(run.out, "| small |");

  const Process alone = evax({"table", open, "-o", folder.file("table.md")});
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_CONTAINS(alone.err, "error: expected a finished run");
  EXPECT_FALSE(fs::exists(folder.file("table.md")));
}

TEST(TableOfBadFolders, OneSentenceNamesThePath) {
  const Folder folder;
  const std::string done = paper_run(folder);
  const std::string broken = finished(folder, "broken", "{\"mean_auc\": 0.8");
  const std::string percent = finished(folder, "percent", "{\"mean_auc\": 82.4}");
  write(folder.file("file"), "");
  const auto expect_error = [&](const std::string& run, const std::string& sentence) {
    const Process table = evax({"table", done, run});
    EXPECT_EQ(table.exit_code, 1) << run;
    EXPECT_TRUE(table.err.starts_with("error: ")) << table.err;
    EXPECT_CONTAINS(table.err, sentence);
    EXPECT_EQ(std::count(table.err.begin(), table.err.end(), '\n'), 1) << table.err;
    EXPECT_EQ(table.out, "");
  };
  expect_error(folder.file("absent"), "absent: expected the folder of a run or evaluation");
  expect_error(folder.file("lr=0.1"), "lr=0.1: expected the folder of a run or evaluation");
  expect_error("tiny=" + folder.file("absent"), "absent: expected the folder");
  expect_error("tiny=", "tiny=: expected FOLDER or NAME=FOLDER");
  expect_error(folder.file("file"), "file: expected the folder of a run or evaluation");
  expect_error(broken, "broken/metrics.json: expected JSON, found an error in it at byte 17");
  expect_error(percent, "mean_auc: expected a number from 0 to 1, found 82.4");
  EXPECT_EQ(evax({"table"}).exit_code, 2);
}

}  // namespace
}  // namespace evax::e2e
