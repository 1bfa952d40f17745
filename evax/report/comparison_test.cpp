#include "evax/report/comparison.h"

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
  EXPECT_EQ(
      markdown(table),
      "| Model | Architecture | Parameters | cxr14: mean AUC | covidx: accuracy |\n"
      "|---|---|---:|---:|---:|\n"
      "| tiny | eva_x_tiny | 5.5 M | 0.824 [0.818, 0.830] | 0.975 [0.960, 0.990] † |\n"
      "| small | eva_x_tiny | 5.5 M | 0.824 [0.818, 0.830] | – |\n"
      "\nIn brackets: 95 % intervals.\n"
      "† The best epoch was selected on the test set itself (protocol \"paper\"): too good.\n");
  EXPECT_CONTAINS(csv(table), fmt::format("tiny,eva_x_tiny,5526000,1,covidx,y,120,accuracy,0.975,"
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
  const Comparison table = compare({done, open});
  ASSERT_EQ(table.warnings.size(), 1U);
  EXPECT_CONTAINS(table.warnings[0], open + ": left out");
  EXPECT_CONTAINS(error_of([&] { compare({open}); }), "expected a finished run");
}

TEST_F(Tables, DamagedFilesGetASentence) {
  const auto error_with = [&](const std::string& text) {
    const std::string run = add("a", text);
    return error_of([&] { compare({run}); });
  };
  EXPECT_CONTAINS(error_with("{"), "metrics.json: expected a JSON object");
  EXPECT_CONTAINS(error_with("[1]"), "metrics.json: expected a JSON object");
  EXPECT_CONTAINS(error_with(R"({"mean_auc": "x"})"),
                  "mean_auc: expected a number from 0 to 1, found string");
  EXPECT_CONTAINS(error_with(R"({"mean_auc": 82.4})"), "found 82.4");
  EXPECT_CONTAINS(error_with(R"({"mean_auc": 0.5, "mean_auc_ci": [0, "y"]})"), "mean_auc_ci");
  EXPECT_CONTAINS(
      error_with(R"({"mean_auc": )" + std::string(200'000, '[') + std::string(200'000, ']') + "}"),
      "found array");
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

}  // namespace
}  // namespace evax::report
