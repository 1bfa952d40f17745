// `evax evaluate` on real X-rays: its files, figures checked against their definitions, and what
// bad input gets.

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/e2e/study.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string model = source_file("demo/pneumonia.safetensors");
const std::string xrays = source_file("demo/adult");

// The share of pairs of a positive and a negative that are in the right order, a tie counts half.
double pairwise_auc(const std::vector<double>& labels, const std::vector<double>& scores) {
  double right = 0, pairs = 0;
  for (size_t i = 0; i < labels.size(); ++i)
    for (size_t j = 0; j < labels.size(); ++j)
      if (labels[i] == 1 && labels[j] == 0) {
        ++pairs;
        right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      }
  return right / pairs;
}

// (sensitivity, specificity) of calling scores from `threshold` on.
std::pair<double, double> rates(const std::vector<double>& labels,
                                const std::vector<double>& scores, double threshold) {
  double found = 0, positives = 0, passed = 0, negatives = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool called = scores[i] >= threshold;
    if (labels[i] == 1) ++positives, found += called;
    if (labels[i] == 0) ++negatives, passed += !called;
  }
  return {found / positives, passed / negatives};
}

// The files of a folder and their bytes.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files[entry.path().filename()] = read(entry.path());
  return files;
}

TEST(Evaluate, WritesWhatTheContractSays) {
  const Study study;
  write(study.file("val.csv"), exclusive_list(true));
  write(study.file("test.csv"), exclusive_list(false));
  const Process run = study.evaluate("out", {"--subgroups", "sex,age:0,40,60"}, model);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("mean AUC"), std::string::npos) << run.out;

  const auto files = contents(study.file("out"));
  ASSERT_EQ(files.size(), 4U);
  const std::string& csv = files.at("predictions.csv");
  EXPECT_TRUE(csv.starts_with(
      "path,label_Normal,prob_Normal,label_Pneumonia,prob_Pneumonia,label,predicted,patient,age,"
      "sex\n"))
      << csv.substr(0, 200);
  const auto table = read_csv(csv);
  const auto list = read_csv(exclusive_list(false));
  ASSERT_EQ(table.size(), list.size());

  const Json metrics = study.metrics("out");
  for (const char* key :
       {"mean_auc", "mean_auc_ci", "accuracy", "accuracy_ci", "classes", "n", "protocol"})
    EXPECT_TRUE(metrics.contains(key)) << key;
  EXPECT_EQ(metrics["n"], table.size() - 1);
  EXPECT_EQ(metrics["protocol"], "validation");
  EXPECT_EQ(metrics["data"]["unreadable"], 0);
  size_t right = 0;
  std::set<std::string> patients;
  for (size_t i = 1; i < table.size(); ++i) {
    EXPECT_EQ(table[i][0], list[i][0]);
    EXPECT_EQ(table[i][5], list[i][1]);
    EXPECT_NEAR(std::stod(table[i][2]) + std::stod(table[i][4]), 1, 1e-9);
    right += table[i][5] == table[i][6];
    patients.insert(table[i][7]);
  }
  EXPECT_EQ(metrics["patients"], patients.size());
  EXPECT_NEAR(metrics["accuracy"],
              static_cast<double>(right) / static_cast<double>(table.size() - 1), 1e-12);
  for (const char* name : {"Normal", "Pneumonia"}) {
    const Json& figures = metrics["classes"][name];
    for (const char* key : {"auc", "auc_ci", "average_precision", "threshold", "sensitivity",
                            "specificity", "n_positive", "n_negative"})
      EXPECT_FALSE(figures[key].is_null()) << key;
    const double auc = pairwise_auc(numbers(csv, "label_" + std::string(name)),
                                    numbers(csv, "prob_" + std::string(name)));
    EXPECT_NEAR(figures["auc"], auc, 1e-12);
    EXPECT_LE(figures["auc_ci"][0], auc);
    EXPECT_GE(figures["auc_ci"][1], auc);
  }
  std::map<std::string, int64_t> images;
  for (const Json& group : metrics["subgroups"])
    images[group["column"]] += group["n"].get<int64_t>();
  EXPECT_EQ(images, (std::map<std::string, int64_t>{{"sex", metrics["n"]}, {"age", metrics["n"]}}));

  const std::string& page = files.at("report.html");
  for (const char* request : {"http://", "https://", "<script", "<link", "<iframe", "@import"})
    EXPECT_EQ(page.find(request), std::string::npos) << request;
  for (size_t at = 0; (at = page.find("src=\"", at)) != std::string::npos; ++at)
    EXPECT_EQ(page.substr(at + 5, 5), "data:");

  // Every example leads to its own image and class on the page that explains it.
  const Json explained = Json::parse(page_json(files.at("explain.html")));
  static const std::regex link(
      R"re(href="explain.html#image=(\d+)&amp;finding=(Normal|Pneumonia)"><img alt="([^"]*)")re");
  std::set<std::string> linked;
  for (std::sregex_iterator at(page.begin(), page.end(), link), end; at != end; ++at) {
    EXPECT_EQ(explained["images"].at(std::stoul((*at)[1]) - 1)["name"], (*at)[3].str());
    linked.insert((*at)[3]);
  }
  EXPECT_EQ(linked.size(), explained["images"].size());
  for (size_t c = 0; c < 2; ++c)
    EXPECT_EQ(explained["models"][0]["classes"][c]["threshold"],
              metrics["classes"][c == 0 ? "Normal" : "Pneumonia"]["threshold"]);
}

TEST(Evaluate, AucOfFindingsIsTheShareOfPairsInOrder) {
  const Study study;
  ASSERT_EQ(study.evaluate("out", {"--draws", "0"}).exit_code, 0);
  const std::string csv = read(study.file("out/predictions.csv"));
  const Json metrics = study.metrics("out");
  double sum = 0;
  for (const std::string name : {"A", "B", "C", "D", "E"}) {
    const double auc = pairwise_auc(numbers(csv, "label_" + name), numbers(csv, "prob_" + name));
    EXPECT_NEAR(metrics["classes"][name]["auc"], auc, 1e-12);
    EXPECT_TRUE(metrics["classes"][name]["auc_ci"].is_null());
    sum += auc;
  }
  EXPECT_NEAR(metrics["mean_auc"], sum / 5, 1e-12);
  EXPECT_TRUE(metrics["accuracy"].is_null());
}

TEST(Evaluate, ThePaperRanksExclusiveClassesBySigmoids) {
  const Study study;
  write(study.file("val.csv"), exclusive_list(true, 8));
  write(study.file("test.csv"), exclusive_list(false, 8));
  ASSERT_EQ(study.evaluate("usual", {"--draws", "0"}, model).exit_code, 0);
  ASSERT_EQ(study.evaluate("paper", {"--draws", "0", "--protocol", "paper"}, model).exit_code, 0);
  const std::string csv = read(study.file("usual/predictions.csv"));
  EXPECT_EQ(csv, read(study.file("paper/predictions.csv")));

  std::vector<std::string> words{"predict", model, "--format", "jsonl", "--logits"};
  for (const auto& line : read_csv(csv))
    if (line[0] != "path") words.push_back(xrays + "/" + line[0]);
  std::map<std::string, std::vector<double>> logits;  // a sigmoid has their order
  for (const std::string& line : evax(words).out_lines()) {
    const Json object = Json::parse(line);
    for (const auto& [name, finding] : object["classes"].items())
      logits[name].push_back(finding["logit"]);
  }

  Json usual = study.metrics("usual");
  Json paper = study.metrics("paper");
  EXPECT_EQ(paper["protocol"], "paper");
  for (auto& [name, figures] : paper["classes"].items()) {
    const double auc = pairwise_auc(numbers(csv, "label_" + name), logits[name]);
    EXPECT_NEAR(figures["auc"], auc, 1e-12) << name;
    for (const char* key : {"auc", "average_precision"})
      figures.erase(key), usual["classes"][name].erase(key);
  }
  EXPECT_EQ(paper["classes"], usual["classes"]);  // calls and calibration are those of softmax
}

TEST(Evaluate, TheValidationListSettlesTheThresholds) {
  const Study study;
  ASSERT_EQ(study.evaluate("youden", {"--draws", "0"}).exit_code, 0);
  ASSERT_EQ(
      study.evaluate("sensitive", {"--draws", "0", "--threshold", "sensitivity=0.9"}).exit_code, 0);
  const std::string as_test = "data.test=" + study.file("val.csv");
  ASSERT_EQ(study.evaluate("val", {"data.val=", as_test, "--draws", "0"}).exit_code, 0);
  EXPECT_EQ(study.metrics("val")["thresholds"], (Json{{"rule", "0.5"}, {"chosen_on", nullptr}}));
  EXPECT_EQ(study.metrics("youden")["thresholds"]["rule"], "youden");

  const std::string val = read(study.file("val/predictions.csv"));
  const std::string test = read(study.file("youden/predictions.csv"));
  for (const std::string name : {"A", "B", "C", "D", "E"}) {
    const auto labels = numbers(val, "label_" + name);
    auto scores = numbers(val, "prob_" + name);
    const auto candidates = std::set<double, std::greater<>>(scores.begin(), scores.end());
    double best = -1, youden = 0, sensitive = 2;
    for (const double threshold : candidates) {
      const auto [sensitivity, specificity] = rates(labels, scores, threshold);
      if (sensitivity + specificity > best + 1e-12)
        best = sensitivity + specificity, youden = threshold;
      if (sensitive > 1 && sensitivity >= 0.9) sensitive = threshold;
    }
    const Json figures = study.metrics("youden")["classes"][name];
    EXPECT_EQ(figures["threshold"], youden) << name;
    EXPECT_EQ(study.metrics("sensitive")["classes"][name]["threshold"], sensitive) << name;
    const auto [sensitivity, specificity] =
        rates(numbers(test, "label_" + name), numbers(test, "prob_" + name), youden);
    EXPECT_NEAR(figures["sensitivity"], sensitivity, 1e-12);
    EXPECT_NEAR(figures["specificity"], specificity, 1e-12);
  }
}

TEST(Evaluate, CalibratedModelHoldsTemperatureThresholdsAndFigures) {
  const Study study;
  const std::string calibrated = study.file("calibrated.safetensors");
  const Process run =
      study.evaluate("out", {"--draws", "0", "--calibrated", calibrated, "--dtype", "f16"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json info = Json::parse(evax({"info", calibrated, "--json"}).out);
  EXPECT_GT(info["temperature"], 0);
  EXPECT_EQ(info["thresholds"].size(), 5U);
  EXPECT_EQ(info["dtype"], "F16");
  EXPECT_NE(info["provenance"]["metrics"].get<std::string>().find("validation images"),
            std::string::npos);

  ASSERT_EQ(study.evaluate("again", {"data.val=", "--draws", "0"}, calibrated).exit_code, 0);
  const Json metrics = study.metrics("again");
  EXPECT_EQ(metrics["thresholds"], (Json{{"rule", "as stored"}, {"chosen_on", "the model file"}}));
  EXPECT_EQ(metrics["classes"]["A"]["threshold"], info["thresholds"][0]);
}

TEST(Evaluate, EqualCommandsGiveEqualBytesWhateverTheThreads) {
  const Study study;
  ASSERT_EQ(study.evaluate("first", {"--threads", "1", "--subgroups", "sex"}).exit_code, 0);
  ASSERT_EQ(study.evaluate("second", {"--threads", "1", "--subgroups", "sex"}).exit_code, 0);
  ASSERT_EQ(study.evaluate("third", {"--threads", "3", "--subgroups", "sex"}).exit_code, 0);
  EXPECT_EQ(contents(study.file("first")), contents(study.file("second")));
  EXPECT_EQ(contents(study.file("first")), contents(study.file("third")));
}

TEST(Evaluate, AClassWithOneLabelOnlyIsUndefined) {
  const Study study;
  write(study.file("test.csv"), findings_list(false, "BD"));
  const Process run = study.evaluate("out", {"--draws", "50"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json metrics = study.metrics("out");
  EXPECT_TRUE(metrics["classes"]["B"]["auc"].is_null());
  EXPECT_TRUE(metrics["classes"]["B"]["auc_ci"].is_null());
  EXPECT_TRUE(metrics["classes"]["B"]["sensitivity"].is_null());
  EXPECT_FALSE(metrics["mean_auc"].is_null());
  EXPECT_EQ(metrics["notes"].size(), 2U);
  EXPECT_NE(run.out.find("note: B: no positive"), std::string::npos) << run.out;
}

TEST(Evaluate, AFewUnreadableImagesAreCountedAndListed) {
  const Study study;
  write(study.file("broken.jpg"), "no image");
  const std::string broken = study.file("broken.jpg") + ",1,0,0,0,0,x,F,30\n";
  const std::string list = findings_list(false);
  ASSERT_GE(std::count(list.begin(), list.end(), '\n'), 100);
  write(study.file("test.csv"), list + broken);
  const Process run = study.evaluate("out", {"--draws", "0"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json metrics = study.metrics("out");
  EXPECT_EQ(metrics["data"]["unreadable"], 1);
  EXPECT_EQ(metrics["n"], std::count(list.begin(), list.end(), '\n') - 1);
  EXPECT_TRUE(read(study.file("out/unreadable_test.csv"))
                  .starts_with("path,reason\n" + study.file("broken.jpg") + ","));

  // The next evaluation into the folder takes the list of the last one away.
  write(study.file("test.csv"), list);
  ASSERT_EQ(study.evaluate("out", {"--draws", "0"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(study.file("out/unreadable_test.csv")));
}

TEST(Evaluate, BadInputIsOneSentenceAndLeavesNothingBehind) {
  const Study study;
  write(study.file("broken.jpg"), "no image");
  write(study.file("broken.csv"), "path,A,B,C,D,E\n" + rows(false)[0].path + ",1,0,0,0,0\n" +
                                      study.file("broken.jpg") + ",1,0,0,0,0\n");
  write(study.file("other.csv"), "path,A,B\n" + rows(false)[0].path + ",1,0\n");
  write(study.file("exclusive.csv"), exclusive_list(false));
  write(study.file("predicted.csv"),
        "path,A,B,C,D,E,predicted\n" + rows(false)[0].path + ",1,0,1,0,1,x\n");
  ASSERT_EQ(evax({"import", source_file("tests/fixtures/mim/student_ti.pth"), "-o",
                  study.file("encoder.safetensors"), "--preset", "pretrained"})
                .exit_code,
            0);
  const auto before = study.names();
  const auto refused = [&](const std::vector<std::string>& more, const std::string& reason,
                           const std::string& with = "") {
    const Process run = study.evaluate("out", more, with);
    EXPECT_EQ(run.exit_code, 1) << reason << "\n" << run.err;
    EXPECT_EQ(run.out, "") << reason;
    // What is told about the lists may stand above.
    const size_t start = run.err.find("error: ");
    ASSERT_NE(start, std::string::npos) << run.err;
    EXPECT_TRUE(start == 0 || run.err.starts_with("data: ")) << run.err;
    EXPECT_EQ(run.err.find('\n', start), run.err.size() - 1) << run.err;
    EXPECT_NE(run.err.find(reason, start), std::string::npos) << reason << "\n" << run.err;
    EXPECT_EQ(study.names(), before) << reason;
  };
  const auto test = [&](const std::string& name) { return "data.test=" + study.file(name); };
  refused({"--subgroups", "race"}, "race");
  refused({"--subgroups", "age:40,20"}, "rising numbers");
  refused({test("other.csv")}, "'C'");
  refused({test("exclusive.csv")}, "exclusive.csv");
  refused({test("missing.csv")}, "missing.csv");
  refused({test("predicted.csv")}, "'predicted'");
  refused({test("broken.csv")}, "broken.jpg");
  refused({"data.test="}, "data.test");
  refused({"data.val=", "--calibrated", study.file("new.safetensors")}, "data.val");
  refused({"--calibrated", study.file("no/such/folder.safetensors")}, "no/such/folder");
  refused({}, "encoder", study.file("encoder.safetensors"));
  refused({}, "absent.safetensors", study.file("absent.safetensors"));
  refused({"data.tset=x"}, "data.test");

  const Process usage = study.evaluate("out", {"--threshold", "best"});
  EXPECT_EQ(usage.exit_code, 2);
  EXPECT_NE(usage.err.find("youden"), std::string::npos) << usage.err;
  EXPECT_EQ(study.names(), before);
}

TEST(Evaluate, AFailedRunKeepsTheResultsOfTheLastOne) {
  const Study study;
  ASSERT_EQ(study.evaluate("out", {"--draws", "0"}).exit_code, 0);
  const auto before = contents(study.file("out"));
  EXPECT_EQ(study.evaluate("out", {"--subgroups", "race"}).exit_code, 1);
  EXPECT_EQ(contents(study.file("out")), before);
}

}  // namespace
}  // namespace evax::e2e
