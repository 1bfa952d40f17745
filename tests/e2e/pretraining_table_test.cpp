// `evax table` as the paper's comparisons of pre-training need it (Table 1, Fig. 3a, Fig. 7):
// made-up runs whose means, deviations and places in a drawing are worked out here by hand.

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

#define EXPECT_CONTAINS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

struct Network {
  std::string arch;
  int64_t parameters, macs;
};
const Network tiny{"eva_x_tiny", 5'000'000, 1'000'000'000};
const Network small{"eva_x_small", 20'000'000, 5'000'000'000};
const Network dense{"densenet121", 10'000'000, 2'000'000'000};

class PretrainingTable : public testing::Test {
 protected:
  // Folders of trainings as evax-train leaves them, as far as tables read them.
  void SetUp() override {
    const Json random{{"init", "random"}}, other{{"init", "x.pth"}, {"init_provenance", nullptr}};
    add("Ti random", tiny, 0.80, random);
    for (const double auc : {0.81, 0.82, 0.83}) add("Ti 300", tiny, auc, after("300", "t"));
    for (const double auc : {0.83, 0.85}) add("S 300", small, auc, after("300", "s"));
    add("S 900", small, 0.86, after("900", "s"));
    add("DenseNet", dense, 0.80, other);
  }

  static Json after(const std::string& epochs, const std::string& recipe) {
    return {{"init", "mim.safetensors"},
            {"init_sha256", epochs},
            {"init_provenance", {{"epochs", epochs}}},
            {"seedless_recipe_sha256", recipe}};
  }

  // Every run has another model file and an interval of 0.01 to both sides.
  void add(const std::string& name, const Network& network, double auc, const Json& protocol) {
    const std::string run = folder_.file(std::to_string(runs_.size()));
    fs::create_directories(run);
    const Json metrics{{"model",
                        {{"name", "best.safetensors"},
                         {"arch", network.arch},
                         {"parameters", network.parameters},
                         {"macs", network.macs},
                         {"sha256", std::to_string(runs_.size())}}},
                       {"data", {{"name", "cxr14"}, {"sha256", "x"}}},
                       {"protocol", "validation"},
                       {"n", 25596},
                       {"mean_auc", auc},
                       {"mean_auc_ci", {auc - 0.01, auc + 0.01}}};
    write(run + "/metrics.json", metrics.dump());
    write(run + "/protocol.json", protocol.dump());
    runs_.push_back(name + "=" + run);
  }

  Process table(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), runs_.begin(), runs_.end());
    more.insert(more.begin(), "table");
    return evax(more);
  }

  const Folder folder_;
  std::vector<std::string> runs_;
};

// Of 0.81, 0.82, 0.83: sqrt(2 * 0.01^2 / 2) = 0.01. Of 0.83, 0.85: sqrt(2 * 0.01^2 / 1) = 0.01414.
TEST_F(PretrainingTable, MarkdownIsThePapersTable) {
  const Process run = table();
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(
      run.out,
      "| Model | Architecture | Parameters | GMACs | Pre-training epochs | cxr14: mean AUC |\n"
      "|---|---|---:|---:|---:|---:|\n"
      "| Ti random | eva_x_tiny | 5.0 M | 1.00 | 0 | 0.800 [0.790, 0.810] |\n"
      "| Ti 300 | eva_x_tiny | 5.0 M | 1.00 | 300 | 0.820 ± 0.010 (3 runs) |\n"
      "| S 300 | eva_x_small | 20.0 M | 5.00 | 300 | 0.840 ± 0.014 (2 runs) |\n"
      "| S 900 | eva_x_small | 20.0 M | 5.00 | 900 | 0.860 [0.850, 0.870] |\n"
      "| DenseNet | densenet121 | 10.0 M | 2.00 | – | 0.800 [0.790, 0.810] |\n"
      "\nIn brackets: 95 % intervals. ±: standard deviation over runs with different seeds.\n");
}

TEST_F(PretrainingTable, CsvHasWhatTheRunsBeganWith) {
  const Process run = table({"--format", "csv"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto rows = read_csv(run.out);
  ASSERT_EQ(rows.size(), 6U);
  const auto value = [&](size_t row, const std::string& name) {
    const auto column = std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin();
    return rows[row].at(static_cast<size_t>(column));
  };
  for (const auto& [row, epochs] : {std::pair{1, "0"}, {2, "300"}, {3, "300"}, {4, "900"}, {5, ""}})
    EXPECT_EQ(value(static_cast<size_t>(row), "pretraining_epochs"), epochs);
  EXPECT_EQ(value(3, "macs"), "5000000000");
  EXPECT_EQ(value(3, "parameters"), "20000000");
  EXPECT_EQ(value(3, "runs"), "2");
  EXPECT_EQ(value(3, "images"), "25596");
  EXPECT_EQ(value(3, "low"), "");  // the intervals of one run are not those of several
  EXPECT_NEAR(std::stod(value(3, "value")), 0.84, 1e-12);
  EXPECT_NEAR(std::stod(value(3, "std")), 0.02 / std::sqrt(2), 1e-12);
  EXPECT_EQ(value(4, "std"), "");
}

// An evaluation does not know what its model began with; the run that shares its row does.
TEST_F(PretrainingTable, OtherTestSetsOfAModelShareItsRow) {
  const std::string evaluation = folder_.file("evaluation");
  fs::create_directories(evaluation);
  write(evaluation + "/metrics.json", R"({"model": {"arch": "eva_x_small"},
      "data": {"name": "chexpert", "sha256": "y"}, "mean_auc": 0.875})");
  runs_.insert(runs_.begin(), "S 900=" + evaluation);
  const auto lines = table().out_lines();
  EXPECT_CONTAINS(lines.at(0), "| Pre-training epochs | chexpert: mean AUC | cxr14: mean AUC |");
  EXPECT_EQ(lines.at(2),
            "| S 900 | eva_x_small | 20.0 M | 5.00 | 900 | 0.875 | 0.860 [0.850, 0.870] |");
}

/// What stands where in a drawing.
class Drawing {
 public:
  explicit Drawing(const Process& run) : text_(run.out) { EXPECT_EQ(run.exit_code, 0) << run.err; }

  struct Point {
    double x, y;
  };

  Point point(const std::string& model) const {
    const auto found =
        search("<circle class=\"s\\d\" cx=\"([^\"]+)\" cy=\"([^\"]+)\"[^>]*><title>" + model + ":");
    return {std::stod(found[1]), std::stod(found[2])};
  }
  // Of a tick of the axis below, and of the one on the left.
  double x(const std::string& tick) const {
    return std::stod(search("x=\"([^\"]+)\" y=\"[^\"]+\" text-anchor=\"middle\">" + tick + "<")[1]);
  }
  double y(const std::string& tick) const {
    return std::stod(search("y=\"([^\"]+)\" text-anchor=\"end\">" + tick + "<")[1]) - 4;
  }
  // How far the bar through a point reaches.
  double bar(const Point& at) const {
    const std::string x = "=\"" + pixels(at.x) + "\" y";
    const auto found = search("<line class=\"s\\d\" x1" + x + "1=\"([^\"]+)\" x2" + x +
                              "2=\"([^\"]+)\"/><circle class=\"s\\d\" cx=\"" + pixels(at.x) +
                              "\" cy=\"" + pixels(at.y));
    return std::stod(found[1]) - std::stod(found[2]);
  }
  bool has_line(const Point& from, const Point& to) const {
    return text_.find("d=\"M" + pixels(from.x) + " " + pixels(from.y) + "L" + pixels(to.x) + " " +
                      pixels(to.y) + "\"/>") != std::string::npos;
  }
  const std::string& text() const { return text_; }

 private:
  std::vector<std::string> search(const std::string& pattern) const {
    std::smatch match;
    if (!std::regex_search(text_, match, std::regex(pattern)))
      throw std::runtime_error(pattern + " is not in " + text_);
    return {match.begin(), match.end()};
  }
  static std::string pixels(double value) {
    std::string text = std::to_string(std::round(10 * value) / 10);
    text.erase(text.find('.') + 2);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
  }

  std::string text_;
};

constexpr double rounded = 0.11;  // a drawing's numbers have one decimal place

// Points over an axis whose ticks are 1, 2, 5, ... stand at the ticks of their values.
void expect_scatter(const Drawing& drawing, const std::string& tiny_tick,
                    const std::string& dense_tick, const std::string& small_tick) {
  for (const char* model : {"Ti random", "Ti 300"})
    EXPECT_NEAR(drawing.point(model).x, drawing.x(tiny_tick), rounded) << model;
  for (const char* model : {"S 300", "S 900"})
    EXPECT_NEAR(drawing.point(model).x, drawing.x(small_tick), rounded) << model;
  EXPECT_NEAR(drawing.point("DenseNet").x, drawing.x(dense_tick), rounded);
}

// The figures are at the ticks 0.8, 0.82, ..., and so are the ends of their bars.
void expect_figures(const Drawing& drawing) {
  const double hundredth = (drawing.y("0.8") - drawing.y("0.82")) / 2;
  EXPECT_GT(hundredth, 10);
  for (const auto& [model, tick] :
       {std::pair{"Ti random", "0.8"}, {"Ti 300", "0.82"}, {"S 300", "0.84"}, {"S 900", "0.86"}})
    EXPECT_NEAR(drawing.point(model).y, drawing.y(tick), rounded) << model;
  EXPECT_NEAR(drawing.bar(drawing.point("Ti 300")), 2 * hundredth, 2 * rounded);
  EXPECT_NEAR(drawing.bar(drawing.point("S 300")), 2 * std::sqrt(2) * hundredth, 2 * rounded);
}

TEST_F(PretrainingTable, DrawingsOverMacsAndParametersAreThePapersFig3a) {
  const Drawing macs(table({"--format", "svg", "--over", "macs"}));
  EXPECT_CONTAINS(macs.text(), ">GMACs of one image<");
  expect_scatter(macs, "1", "2", "5");
  expect_figures(macs);
  const Drawing parameters(table({"--format", "svg", "--over", "parameters"}));
  EXPECT_CONTAINS(parameters.text(), ">parameters (millions)<");
  expect_scatter(parameters, "5", "10", "20");
  expect_figures(parameters);
}

TEST_F(PretrainingTable, TheDrawingOverEpochsIsThePapersFig7) {
  const Drawing drawing(table({"--format", "svg", "--over", "epochs"}));
  EXPECT_CONTAINS(drawing.text(),
                  "Left out, their epochs of pre-training are not known: DenseNet.");
  const double none = drawing.x("0"), thousand = drawing.x("1000");
  EXPECT_NEAR(drawing.point("Ti random").x, none, rounded);
  for (const char* model : {"Ti 300", "S 300"})
    EXPECT_NEAR(drawing.point(model).x, none + 0.3 * (thousand - none), rounded) << model;
  EXPECT_NEAR(drawing.point("S 900").x, none + 0.9 * (thousand - none), rounded);
  expect_figures(drawing);
  EXPECT_TRUE(drawing.has_line(drawing.point("Ti random"), drawing.point("Ti 300")));
  EXPECT_TRUE(drawing.has_line(drawing.point("S 300"), drawing.point("S 900")));
}

}  // namespace
}  // namespace evax::e2e
