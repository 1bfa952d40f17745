#include "evax/report/findings/comparison.h"

#include <algorithm>

#include "evax/report/test_support.h"

namespace evax::report {
namespace {

// metrics.json as `evaluate` writes it, as far as tables read it.
std::string metrics(const std::string& model, const std::string& model_hash,
                    const std::string& data, const std::string& data_hash, const std::string& rest,
                    int64_t parameters = 5526000) {
  return fmt::format(
      R"({{"model": {{"name": "{}", "arch": "eva_x_tiny", "parameters": {}, "sha256": "{}"}},
           "data": {{"name": "{}", "sha256": "{}"}}, "n": 120, {}}})",
      model, parameters, model_hash, data, data_hash, rest);
}

const std::string findings =
    R"("protocol": "validation", "mean_auc": 0.8241, "mean_auc_ci": [0.818, 0.83], "accuracy": null)";
const std::string exclusive =
    R"("protocol": "paper", "mean_auc": 0.99, "accuracy": 0.975, "accuracy_ci": [0.96, 0.99])";

Comparison compare(const std::vector<std::string>& folders) {
  std::vector<NamedFolder> named;
  for (const std::string& folder : folders) named.push_back({folder, ""});
  return compare_runs(named);
}

class Tables : public testing::Test {
 protected:
  std::string add(const std::string& name, const std::string& text,
                  const std::string& file = "metrics.json") {
    folder_.write(name + "/" + file, text);
    return folder_.file(name);
  }
  TestFolder folder_;
};

TEST_F(Tables, ModelsInRowsAndDataSetsInColumns) {
  const Comparison table = compare({add("a", metrics("tiny", "1", "cxr14", "x", findings)),
                                    add("b", metrics("small", "2", "cxr14", "x", findings)),
                                    add("c", metrics("tiny", "1", "covidx", "y", exclusive))});
  EXPECT_EQ(markdown(table),
            "| Model | Architecture | Parameters | cxr14: mean AUC | covidx: accuracy |\n"
            "|---|---|---:|---:|---:|\n"
            "| tiny | eva_x_tiny | 5.5 M | 0.824 [0.818, 0.830] | 0.975 [0.960, 0.990] † |\n"
            "| small | eva_x_tiny | 5.5 M | 0.824 [0.818, 0.830] | – |\n"
            "\nIn brackets: 95 % intervals.\n"
            "† The best epoch, or the threshold of heat maps, was selected on the test set itself "
            "(protocol \"paper\"): too good.\n");
  EXPECT_CONTAINS(csv(table), fmt::format("tiny,eva_x_tiny,5526000,,,1,covidx,y,120,accuracy,0.975,"
                                          "0.96,0.99,,1,paper,{}\n",
                                          folder_.file("c")));
}

TEST_F(Tables, RepeatsShowMeanAndDeviation) {
  add("r/seed_1", metrics("best", "3", "cxr14", "x", findings));
  const std::string run = add("r", R"({"runs": 3, "set": "test", "protocol": "validation",
               "mean_auc": {"mean": 0.8, "std": 0.0125, "values": [0.79, 0.8, 0.81]}})",
                              "summary.json");
  const Comparison table = compare({run});
  EXPECT_CONTAINS(markdown(table), "| best | eva_x_tiny | 5.5 M | 0.800 ± 0.013 (3 runs) |");
  EXPECT_CONTAINS(markdown(table), "±: standard deviation");
  EXPECT_CONTAINS(csv(table), "mean AUC,0.8,,,0.0125,3,validation");
}

TEST_F(Tables, RunsOfOneRecipeWithOtherSeedsBecomeOne) {
  std::vector<std::string> runs;
  for (const char* seed : {"0", "1", "2"}) {
    const double value = 0.75 + 0.03125 * std::stod(seed);
    runs.push_back(
        add(seed, metrics("best", seed, "cxr14", "x",
                          fmt::format(R"("mean_auc": {}, "mean_auc_ci": [0.7, 0.9])", value))));
    add(seed, R"({"seedless_recipe_sha256": "r"})", "protocol.json");
  }
  EXPECT_CONTAINS(markdown(compare(runs)),
                  "| best | eva_x_tiny | 5.5 M | 0.781 ± 0.031 (3 runs) |\n");
  EXPECT_CONTAINS(csv(compare(runs)), "mean AUC,0.78125,,,0.03125,3,,");
  EXPECT_EQ(compare({runs[0], runs[1], runs[1]}).rows.size(), 2U);  // one model twice
  add("2", R"({"seedless_recipe_sha256": "other"})", "protocol.json");
  EXPECT_EQ(compare(runs).rows.size(), 2U);
  add("2", R"({"seedless_recipe_sha256": "r", "init_sha256": "i"})", "protocol.json");
  EXPECT_EQ(compare(runs).rows.size(), 2U);  // other weights in the file that the recipe names
  EXPECT_EQ(compare_runs({{runs[0], "a"}, {runs[1], "b"}}).rows.size(), 2U);
}

// As metrics.json of a segmentation, with intervals of some figures.
std::string masks(double dice, const std::string& hd95 = "34.2") {
  return fmt::format(
      R"("dice": {}, "dice_ci": [0.5, 0.9375], "jaccard": 0.75, "jaccard_ci": null,
         "mean_dice_per_image": 0.8125, "hd95": {}, "hd95_ci": [22.7, 47.4], "distance_unit": "px")",
      dice, hd95);
}

TEST_F(Tables, ASegmentationHasAColumnForEachFigure) {
  const std::string lungs = add("a", metrics("lungs", "1", "test", "x", masks(0.875)));
  const std::string empty = add("b", metrics("empty", "2", "test", "x", masks(0.5, "null")));
  const std::string findings_of_b = add("c", metrics("empty", "2", "cxr14", "y", findings));
  const Comparison table = compare({lungs, empty, findings_of_b, lungs});
  const std::string text = markdown(table);
  EXPECT_CONTAINS(text,
                  "| test: Dice | test: Jaccard | test: Dice per image | test: HD95, px | cxr14: "
                  "mean AUC |\n");
  EXPECT_CONTAINS(text, "| 0.875 [0.500, 0.938] | 0.750 | 0.812 | 34.2 [22.7, 47.4] | – |\n");
  EXPECT_CONTAINS(text, "| 0.500 [0.500, 0.938] | 0.750 | 0.812 | – | 0.824 [0.818, 0.830] |\n");
  EXPECT_EQ(table.rows.size(), 3U);  // lungs once more, with all of its figures
  EXPECT_CONTAINS(csv(table), fmt::format("lungs,eva_x_tiny,5526000,,,1,test,x,120,\"HD95, px\","
                                          "34.2,22.7,47.4,,1,,{}\n",
                                          lungs));
  const std::string drawing = svg(table);
  for (const char* part : {">Dice per image<", ">HD95, px<", ">34.2 [22.7, 47.4]<", ">40<"})
    EXPECT_CONTAINS(drawing, part);
}

TEST_F(Tables, RepeatedSegmentationsShowMeanAndDeviation) {
  std::vector<std::string> runs;
  for (const char* seed : {"0", "1", "2"}) {
    const double dice = 0.75 + 0.03125 * std::stod(seed);
    runs.push_back(
        add(seed, metrics("best", seed, "test", "x", masks(dice, *seed == '2' ? "null" : "30"))));
    add(seed, R"({"seedless_recipe_sha256": "r"})", "protocol.json");
  }
  EXPECT_CONTAINS(markdown(compare(runs)),
                  "| best | eva_x_tiny | 5.5 M | 0.781 ± 0.031 (3 runs) | "
                  "0.750 ± 0.000 (3 runs) | 0.812 ± 0.000 (3 runs) | – |");
  add("r/seed_0", metrics("best", "0", "test", "x", masks(0.5)));
  const std::string repeated = add("r", R"({"runs": 2, "dice": {"mean": 0.5, "std": 0.25},
      "jaccard": {"mean": 0.375, "std": 0.125}, "hd95": {"mean": 30.25, "std": 1.5}})",
                                   "summary.json");
  EXPECT_CONTAINS(markdown(compare({repeated})),
                  "| 0.500 ± 0.250 (2 runs) | 0.375 ± 0.125 (2 runs) | – | 30.2 ± 1.5 (2 runs) |");
}

// As metrics.json of a localisation: 47 boxes on 43 images.
TEST_F(Tables, ALocalisationHasAColumnForEachFigure) {
  const std::string boxes = R"({"model": {"name": "tiny", "arch": "eva_x_tiny", "sha256": "1"},
      "data": {"name": "boxes list.csv", "kind": "boxes", "sha256": "z"}, "protocol": "paper",
      "n": 47, "images": 43, "miou": 0.125, "miou_ci": [0.0625, 0.25], "ap25": 0.5,
      "ap25_ci": null, "ap50": 0.25, "ap50_ci": [0.125, 0.375], "map": 0.375, "map_ci": [0.25, 0.5],
      "pointing_game": 0.75, "box_miou": 0.1875})";
  const Comparison table = compare({add("a", metrics("tiny", "1", "cxr14", "x", findings)),
                                    add("b", boxes)});  // one model: one row
  const std::string text = markdown(table);
  EXPECT_CONTAINS(text,
                  "| cxr14: mean AUC | boxes list.csv: mAP | boxes list.csv: AP25 | "
                  "boxes list.csv: AP50 | boxes list.csv: mIoU |\n");
  EXPECT_CONTAINS(text,
                  "| 0.824 [0.818, 0.830] | 0.375 [0.250, 0.500] † | 0.500 † | "
                  "0.250 [0.125, 0.375] † | 0.125 [0.062, 0.250] † |\n");
  EXPECT_CONTAINS(csv(table), ",boxes list.csv,z,43,mAP,0.375,0.25,0.5,,1,paper,");
  EXPECT_CONTAINS(svg(table), ">mAP<");
  EXPECT_CONTAINS(error_of([&] { compare({add("c", R"({"map": 0.5, "ap25": 2})")}); }),
                  "ap25: expected a number from 0 to 1, found 2");
}

TEST_F(Tables, OtherTestSetsOfOneNameGetAColumnEach) {
  const Comparison table = compare({add("a", metrics("tiny", "1", "test", "0123456789", findings)),
                                    add("b", metrics("small", "2", "test", "abcdef0123", findings)),
                                    add("c", metrics("base", "3", "test", "", findings))});
  ASSERT_EQ(table.columns.size(), 3U);
  EXPECT_EQ(table.columns[0].data, "test [01234567]");
  EXPECT_EQ(table.columns[1].data, "test [abcdef01]");
  EXPECT_EQ(table.columns[2].data, "test [checksum not known]");
  ASSERT_EQ(table.notes.size(), 1U);
  EXPECT_CONTAINS(table.notes[0], "Test sets called test differ");
}

TEST_F(Tables, SaysWhenTestSetsCannotBeToldApart) {
  const Comparison table = compare({add("a", metrics("tiny", "1", "test", "", findings)),
                                    add("b", metrics("small", "2", "test", "", findings))});
  ASSERT_EQ(table.notes.size(), 1U);
  EXPECT_CONTAINS(table.notes[0], "No checksum of test is known");
}

TEST_F(Tables, OtherModelsOfOneNameGetARowEach) {
  const std::string a = add("a", metrics("best", "1", "cxr14", "x", findings));
  const std::string b = add("b", metrics("best", "2", "cxr14", "x", findings));
  const Comparison table = compare({a, b, a});  // and the same once more
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0].name, "best (" + a + ")");
  EXPECT_EQ(table.rows[1].name, "best (" + b + ")");
}

TEST_F(Tables, GivenNamesShareARow) {
  const std::string a = add("a", metrics("best", "1", "cxr14", "x", findings));
  const std::string b = add("b", metrics("best", "2", "covidx", "y", exclusive));
  const std::string c = add("c", metrics("best", "3", "covidx", "y", exclusive));
  const Comparison table = compare_runs({{a, "tiny"}, {b, "tiny"}, {c, "tiny"}});
  ASSERT_EQ(table.rows.size(), 2U);  // a figure never replaces another
  EXPECT_TRUE(table.cells[0][0] && table.cells[0][1]);
  EXPECT_FALSE(table.cells[1][0]);
  EXPECT_EQ(table.rows[1].name, "tiny (" + c + ")");
}

TEST_F(Tables, FoldersNameWhatNothingElseNames) {
  const Comparison table = compare({add("run_7", R"({"mean_auc": 0.5})") + "/"});
  EXPECT_EQ(table.rows[0].name, "run_7");
  EXPECT_EQ(table.columns[0].data, "run_7");
  EXPECT_CONTAINS(markdown(table), "| run_7 | – | – | 0.500 |");
}

TEST_F(Tables, UndefinedIsADash) {
  const Comparison table =
      compare({add("a", R"({"mean_auc": null, "mean_auc_ci": null, "accuracy": null})")});
  EXPECT_CONTAINS(markdown(table), "| a | – | – | – |");
  EXPECT_LACKS(svg(table), "nan");
}

TEST_F(Tables, UnfinishedRunsAreLeftOutWithAWarning) {
  const std::string done = add("a", metrics("tiny", "1", "cxr14", "x", findings));
  const std::string open = add("b", "{}", "protocol.json");
  const std::string mim = add("c", R"({"task": "pretrain", "val_mim_loss": -0.7})");
  const Comparison table = compare({done, open, mim});
  ASSERT_EQ(table.warnings.size(), 2U);
  EXPECT_CONTAINS(table.warnings[0], open + ": left out");
  EXPECT_CONTAINS(table.warnings[1], mim + ": left out");
  EXPECT_CONTAINS(error_of([&] { compare({open}); }), "expected a finished run");
}

TEST_F(Tables, DamagedFilesGetASentence) {
  const auto error_with = [&](const std::string& text) {
    const std::string run = add("a", text);
    return error_of([&] { compare({run}); });
  };
  EXPECT_CONTAINS(error_with("{"), "metrics.json: expected JSON, found an error in it");
  EXPECT_CONTAINS(error_with("[1]"), "metrics.json: expected a JSON object");
  EXPECT_CONTAINS(error_with(R"({"mean_auc": "x"})"),
                  "mean_auc: expected a number from 0 to 1, found \"x\"");
  EXPECT_CONTAINS(error_with(R"({"mean_auc": 82.4})"), "found 82.4");
  EXPECT_CONTAINS(error_with(R"({"mean_auc": 0.5, "mean_auc_ci": [0, "y"]})"), "mean_auc_ci");
  EXPECT_CONTAINS(error_with(R"({"dice": 0.5, "hd95": -1})"),
                  "hd95: expected a number of at least 0, found -1");
  EXPECT_CONTAINS(
      error_with(R"({"mean_auc": )" + std::string(200'000, '[') + std::string(200'000, ']') + "}"),
      "expected JSON of at most 64 levels");
  EXPECT_CONTAINS(error_of([&] { compare({folder_.file("absent")}); }), "absent: expected");
}

TEST_F(Tables, HostileNamesAreHarmless) {
  const std::string hostile = R"(|a](x) <script>\n`*,\"\u0001)";
  const Comparison table = compare({add("a", metrics(hostile, "1", hostile, "x", findings))});
  const std::string text = markdown(table);
  EXPECT_CONTAINS(text, R"(\|a\](x) \<script\>\\x0a\`\*)");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_LACKS(svg(table), "<script");
}

TEST_F(Tables, DrawingShowsEveryRun) {
  const Comparison table =
      compare({add("a", metrics("tiny", "1", "cxr14", "x", findings)),
               add("b", metrics("small", "2", "cxr14", "x", findings, 22000000)),
               add("c", R"({"mean_auc": 0.5, "data": {"name": "other"}})")});
  const std::string drawing = svg(table);
  EXPECT_CONTAINS(drawing, "parameters (millions)");
  for (const char* name : {">tiny<", ">small<", ">c<", ">cxr14<", ">other<"})
    EXPECT_CONTAINS(drawing, name);
}

TEST_F(Tables, DrawingGivesModelsOfOneSizeARowEach) {
  const Comparison table = compare({add("a", metrics("tiny", "1", "cxr14", "x", findings)),
                                    add("b", metrics("other", "2", "cxr14", "x", findings))});
  EXPECT_LACKS(svg(table), "parameters (millions)");
}

/// The paper's figures of Ti after 900 epochs and S after 300 and 600, and one with random weights.
class PretrainingTables : public Tables {
 protected:
  std::string run(const std::string& arch, int64_t parameters, double gmacs, double auc,
                  const std::string& protocol) {
    const std::string name = "run_" + std::to_string(++count_);
    add(name, fmt::format(R"({{"model": {{"name": "{}", "arch": "{}", "parameters": {}, "macs": {},
                               "sha256": "{}"}}, "data": {{"name": "cxr14", "sha256": "x"}},
                               "mean_auc": {}, "mean_auc_ci": [{}, {}]}})",
                          name, arch, parameters, static_cast<int64_t>(gmacs * 1e9), name, auc,
                          auc - 0.004, auc + 0.004));
    add(name, protocol, "protocol.json");
    return folder_.file(name);
  }
  static std::string after(const std::string& epochs) {
    return R"({"init": "mim.safetensors", "init_provenance": {"epochs": ")" + epochs + "\"}}";
  }
  std::vector<std::string> runs() {
    return {
        run("eva_x_tiny", 5527886, 1.253, 0.824, after("900")),
        run("eva_x_small", 21672590, 4.5985, 0.833, after("600")),
        run("eva_x_small", 21672590, 4.5985, 0.827, after("300")),
        run("eva_x_small", 21672590, 4.5985, 0.797, R"({"init": "random"})"),
        run("densenet121", 6968206, 2.83, 0.813, R"({"init": "x.pth", "init_provenance": null})")};
  }

 private:
  int count_ = 0;
};

TEST_F(PretrainingTables, MarkdownShowsCostAndEpochs) {
  const std::string text = markdown(compare(runs()));
  EXPECT_CONTAINS(text, "| Parameters | GMACs | Pre-training epochs | cxr14: mean AUC |\n");
  EXPECT_CONTAINS(text, "| run_1 | eva_x_tiny | 5.5 M | 1.25 | 900 | 0.824 [0.820, 0.828] |");
  EXPECT_CONTAINS(text, "| run_4 | eva_x_small | 21.7 M | 4.60 | 0 | 0.797");
  EXPECT_CONTAINS(text, "| run_5 | densenet121 | 7.0 M | 2.83 | – | 0.813");
}

TEST_F(PretrainingTables, CsvHasCostAndEpochs) {
  EXPECT_CONTAINS(csv(compare(runs())), "run_2,eva_x_small,21672590,4598500000,600,run_2,cxr14,x");
}

TEST_F(PretrainingTables, RepeatsTellWhatTheyBeganWith) {
  add("r/seed_0", metrics("best", "3", "cxr14", "x", findings));
  add("r/seed_0", after("150"), "protocol.json");
  const std::string run =
      add("r", R"({"runs": 3, "mean_auc": {"mean": 0.8, "std": 0.01}})", "summary.json");
  EXPECT_CONTAINS(markdown(compare({run})), "| 150 | 0.800 ± 0.010 (3 runs) |");
}

TEST_F(PretrainingTables, EpochsThatAreNoNumberAreNotKnown) {
  for (const char* epochs : {"", "many", "-3", "1e999", "1e300", "nan", "6 0"})
    EXPECT_LACKS(markdown(compare({run("eva_x_tiny", 1, 1, 0.8, after(epochs))})), "epochs")
        << epochs;
  EXPECT_LACKS(markdown(compare({run("eva_x_tiny", 1, 1, 0.8, R"({"init_provenance": [7]})")})),
               "epochs");
}

TEST_F(PretrainingTables, DrawingOverMacsShowsEveryModel) {
  const std::string drawing = svg(compare(runs()), Abscissa::macs);
  EXPECT_CONTAINS(drawing, "GMACs of one image");
  for (const char* name : {">run_1<", ">run_4<", ">run_5<"}) EXPECT_CONTAINS(drawing, name);
}

TEST_F(PretrainingTables, DrawingOverEpochsHasALineForEachArchitecture) {
  const std::string drawing = svg(compare(runs()), Abscissa::epochs);
  EXPECT_CONTAINS(drawing, "epochs of pre-training");
  for (const char* name : {">eva_x_tiny<", ">eva_x_small<"}) EXPECT_CONTAINS(drawing, name);
  EXPECT_LACKS(drawing, ">densenet121<");
  EXPECT_CONTAINS(drawing, "Left out, their epochs of pre-training are not known: run_5.");
  // S: three points from 0 to 600 epochs; the paths are Ti's and S's.
  const size_t path = drawing.find("<path class=\"s1\"");
  ASSERT_NE(path, std::string::npos);
  const std::string points = drawing.substr(path, drawing.find("/>", path) - path);
  EXPECT_EQ(std::count(points.begin(), points.end(), 'L'), 2) << points;
}

TEST_F(PretrainingTables, AnAbscissaThatIsKnownOfNoRunIsRefused) {
  const Comparison table = compare({run("resnet50", 1, 1, 0.8, "{}")});
  EXPECT_CONTAINS(error_of([&] { svg(table, Abscissa::epochs); }),
                  "expected runs whose epochs of pre-training are known to draw over, found none");
}

}  // namespace
}  // namespace evax::report
