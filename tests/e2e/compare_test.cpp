// `evax compare`: the figures of two models on one test set, and lists that cannot be compared.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/demo_files.h"
#include "tests/e2e/study.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A predictions.csv of findings A to E with every probability p as 1 - p.
std::string reversed(const std::string& csv) {
  std::string text;
  auto table = read_csv(csv);
  for (size_t i = 0; i < table.size(); ++i)
    for (size_t j = 0; j < table[i].size(); ++j) {
      const bool probability = i > 0 && table[0][j].starts_with("prob_");
      text += probability ? fmt::format("{}", 1 - std::stod(table[i][j])) : table[i][j];
      text += j + 1 < table[i].size() ? "," : "\n";
    }
  return text;
}

TEST(Compare, DifferencesAreThoseOfTheFigures) {
  const Study study;
  ASSERT_EQ(study.evaluate("a", {"--draws", "0"}).exit_code, 0);
  fs::create_directory(study.file("b"));
  write(study.file("b/predictions.csv"), reversed(read(study.file("a/predictions.csv"))));
  const Json metrics = study.metrics("a");

  const Process run = evax({"compare", study.file("a"), study.file("b"), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json forth = Json::parse(run.out);
  EXPECT_EQ(forth["n"], metrics["n"]);
  EXPECT_EQ(forth["patients"], metrics["patients"]);
  EXPECT_EQ(forth["a"]["protocol"], "validation");
  EXPECT_TRUE(forth["b"]["protocol"].is_null());
  EXPECT_TRUE(forth["accuracy"]["p"].is_null());
  EXPECT_EQ(forth["mean_auc"]["test"], "paired bootstrap");
  for (const auto& [name, figures] : forth["classes"].items()) {
    const double auc = metrics["classes"][name]["auc"];
    EXPECT_NEAR(figures["auc"]["a"], auc, 1e-12);
    EXPECT_NEAR(figures["auc"]["b"], 1 - auc, 1e-12);
    EXPECT_NEAR(figures["auc"]["difference"], 1 - 2 * auc, 1e-12);
    EXPECT_EQ(figures["auc"]["test"], "DeLong");
  }

  const Json back = Json::parse(
      evax({"compare", study.file("b/predictions.csv"), study.file("a"), "--json"}).out);
  EXPECT_NEAR(back["mean_auc"]["difference"], -forth["mean_auc"]["difference"].get<double>(),
              1e-12);
  EXPECT_NEAR(back["mean_auc"]["difference_ci"][0],
              -forth["mean_auc"]["difference_ci"][1].get<double>(), 1e-12);
  EXPECT_EQ(back["mean_auc"]["p"], forth["mean_auc"]["p"]);

  const Process table = evax({"compare", study.file("a"), study.file("b")});
  for (const char* words : {"mean AUC", "AUC E", "DeLong", "paired bootstrap", " patients"})
    EXPECT_NE(table.out.find(words), std::string::npos) << words << "\n" << table.out;
  EXPECT_EQ(table.out, evax({"compare", study.file("a"), study.file("b"), "--threads", "1"}).out);
}

TEST(Compare, SelectionOnTheTestSetIsSaid) {
  const Study study;
  ASSERT_EQ(study.evaluate("a", {"--draws", "0", "--protocol", "paper"}).exit_code, 0);
  ASSERT_EQ(study.evaluate("b", {"--draws", "0"}).exit_code, 0);
  const Process run = evax({"compare", study.file("a"), study.file("b"), "--draws", "50"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_TRUE(run.err.starts_with("warning: " + study.file("a"))) << run.err;
}

TEST(Compare, RefusesWhatCannotBeCompared) {
  const Study study;
  ASSERT_EQ(study.evaluate("a", {"--draws", "0"}).exit_code, 0);
  const std::string csv = read(study.file("a/predictions.csv"));
  const std::string path = rows(false)[0].path;
  const std::string first =
      csv.substr(csv.find(path), csv.find('\n', csv.find(path)) - csv.find(path));
  const auto changed = [&](size_t field, const std::string& value) {
    auto fields = read_csv(first)[0];
    fields[field] = value;
    std::string line = fields[0];
    for (size_t i = 1; i < fields.size(); ++i) line += "," + fields[i];
    return std::string(csv).replace(csv.find(first), first.size(), line);
  };
  const auto refused = [&](const std::string& other, const std::string& reason) {
    fs::create_directories(study.file("b"));
    write(study.file("b/predictions.csv"), other);
    const Process run = evax({"compare", study.file("a"), study.file("b")});
    EXPECT_EQ(run.exit_code, 1) << reason;
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_NE(run.err.find(reason), std::string::npos) << reason << "\n" << run.err;
    EXPECT_NE(run.err.find(study.file("b")), std::string::npos) << run.err;
    return run.err;
  };
  refused(changed(2, "nan"), "from 0 to 1, found 'nan'");
  refused(changed(2, "1.01"), "from 0 to 1, found '1.01'");
  refused(changed(1, "2"), "expected 0, 1 or nothing");
  refused("", "predictions.csv");
  for (const std::string& other :
       {changed(0, "elsewhere.jpg"), changed(1, first[path.size() + 1] == '1' ? "0" : "1"),
        std::string(csv).replace(csv.find("label_A,prob_A"), 14, "label_F,prob_F")})
    EXPECT_NE(refused(other, "not the same test set").find(study.file("a") + " and "),
              std::string::npos);

  fs::create_directories(study.file("empty"));
  const Process run = evax({"compare", study.file("a"), study.file("empty")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("empty: expected a predictions.csv"), std::string::npos) << run.err;
}

// evaluate counts it twice, and so does compare.
TEST(Compare, TakesAListThatRepeatsAnImage) {
  const Folder folder;
  std::string list = "path,label\n";
  for (const char* name : {"im00", "im01", "im09", "im00", "im10", "im00"})
    list +=
        fmt::format("{}.png,{}\n", name, name[2] == '0' && name[3] < '8' ? "Normal" : "Pneumonia");
  write(folder.file("list.csv"), list);
  write(folder.file("data.toml"), "[data]\nkind = \"csv\"\nimages = \"" +
                                      source_file("tests/fixtures/field/lists/img") +
                                      "\"\ntest = \"" + folder.file("list.csv") + "\"\n");
  const Process scored =
      evax({"evaluate", classifier, folder.file("data.toml"), "-o", folder.file("a")});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_NE(scored.err.find("rows that repeat an image listed before: 2,"), std::string::npos)
      << scored.err;
  const Process run = evax({"compare", folder.file("a"), folder.file("a"), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json figures = Json::parse(run.out);
  EXPECT_EQ(figures["n"], 6);
  EXPECT_EQ(figures["mean_auc"]["a"], Json::parse(read(folder.file("a/metrics.json")))["mean_auc"]);
  EXPECT_EQ(figures["mean_auc"]["difference"], 0);
}

}  // namespace
}  // namespace evax::e2e
