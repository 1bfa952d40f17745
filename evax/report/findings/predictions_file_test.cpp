#include "evax/report/findings/predictions_file.h"

#include <cmath>
#include <limits>

#include "evax/report/test_support.h"

namespace evax::report {
namespace {

using metrics::Predictions;

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

Predictions findings() {
  Predictions p;
  p.classes = {"Edema", "a,\"b\"\n肺"};
  p.paths = {"x/1.png", " 2,\"3\".png "};
  p.patients = {"p1", ""};
  p.labels = {1, unknown, 0, 1};
  p.probabilities = {0.1, 5e-324, 0.30000000000000004, 1};
  p.meta = {{"age", {"61", ""}}, {"view", {"PA", "A,P"}}};
  return p;
}

Predictions exclusive() {
  Predictions p;
  p.exclusive = true;
  p.classes = {"normal", "COVID-19"};
  p.paths = {"1.png", "2.png"};
  p.labels = {0, 1, unknown, unknown};
  p.probabilities = {0.75, 0.25, 0.5, 0.5};
  return p;
}

void expect_equal(const Predictions& a, const Predictions& b) {
  EXPECT_EQ(a.exclusive, b.exclusive);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.paths, b.paths);
  EXPECT_EQ(a.patients, b.patients);
  EXPECT_EQ(a.probabilities, b.probabilities);  // exactly
  EXPECT_EQ(a.meta, b.meta);
  ASSERT_EQ(a.labels.size(), b.labels.size());
  for (size_t i = 0; i < a.labels.size(); ++i)
    EXPECT_TRUE(a.labels[i] == b.labels[i] || (std::isnan(a.labels[i]) && std::isnan(b.labels[i])));
}

class PredictionsFile : public testing::Test {
 protected:
  std::string error_of_file(const std::string& text) {
    const std::string path = folder_.write("p.csv", text);
    return error_of([&] { read_predictions(path); });
  }
  TestFolder folder_;
};

TEST_F(PredictionsFile, IsWhatTheContractSays) {
  Predictions p = findings();
  p.classes[1] = "Mass";
  p.paths[1] = "2.png";
  EXPECT_EQ(predictions_csv(p),
            "path,label_Edema,prob_Edema,label_Mass,prob_Mass,patient,age,view\n"
            "x/1.png,1,0.1,,5e-324,p1,61,PA\n"
            "2.png,0,0.30000000000000004,1,1,,,\"A,P\"\n");
  EXPECT_EQ(predictions_csv(exclusive()),
            "path,label_normal,prob_normal,label_COVID-19,prob_COVID-19,label,predicted\n"
            "1.png,0,0.75,1,0.25,COVID-19,normal\n"
            "2.png,,0.5,,0.5,,normal\n");
}

TEST_F(PredictionsFile, RoundTripsExactly) {
  for (const Predictions& p : {findings(), exclusive()})
    expect_equal(read_predictions(folder_.write("p.csv", predictions_csv(p))), p);
}

TEST_F(PredictionsFile, NoRowsAreFine) {
  Predictions p;
  p.classes = {"A"};
  const Predictions read = read_predictions(folder_.write("p.csv", predictions_csv(p)));
  EXPECT_EQ(read.size(), 0U);
  EXPECT_EQ(read.classes, p.classes);
}

TEST_F(PredictionsFile, RefusesNamesThatWouldCollide) {
  const auto error_with = [](auto change) {
    Predictions p = findings();
    change(p);
    return error_of([&] { predictions_csv(p); });
  };
  EXPECT_CONTAINS(error_with([](auto& p) { p.classes[1] = "Edema"; }), "two called 'Edema'");
  EXPECT_CONTAINS(error_with([](auto& p) { p.classes[1] = ""; }), "expected a class with a name");
  EXPECT_CONTAINS(error_with([](auto& p) { p.classes[1] = "x "; }), "no blanks around it");
  for (const char* name : {"path", "label", "predicted", "patient", "label_Edema", "prob_x"})
    EXPECT_CONTAINS(error_with([&](auto& p) { p.meta[name] = {"", ""}; }), name);
  // Classes may be called anything: their columns have prefixes.
  for (const char* name : {"path", "label", "predicted", "patient", "label_A", "prob_A"}) {
    Predictions p = findings();
    p.classes[0] = name;
    expect_equal(read_predictions(folder_.write("p.csv", predictions_csv(p))), p);
  }
}

TEST_F(PredictionsFile, BadFilesGetASentence) {
  EXPECT_CONTAINS(error_of_file(""), "found nothing");
  EXPECT_CONTAINS(error_of_file("image,label_A,prob_A\n"), "expected 'path' as first column");
  EXPECT_CONTAINS(error_of_file("path\n"), "expected columns label_NAME and prob_NAME");
  EXPECT_CONTAINS(error_of_file("path,prob_A\n"), "found 'prob_A'");
  EXPECT_CONTAINS(error_of_file("path,label_A\n"), "expected a column 'prob_A' after 'label_A'");
  EXPECT_CONTAINS(error_of_file("path,label_A,prob_B\n"), "found 'prob_B'");
  EXPECT_CONTAINS(error_of_file("path,label_A,prob_A,sex,prob_B\n"), "in pairs");
  EXPECT_CONTAINS(error_of_file("path,label_A,prob_A,sex,sex\n"), "'sex' twice");
  EXPECT_CONTAINS(error_of_file("path,label_A,prob_A,label\n"), "'predicted'");
  for (const char* value : {"", "x", "nan", "inf", "-0.1", "1.0000001", "0.5x", " 0.5", "0,5"})
    EXPECT_CONTAINS(error_of_file(fmt::format("path,label_A,prob_A\na,1,0.5\nb,1,\"{}\"\n", value)),
                    "p.csv line 3: prob_A: expected a probability from 0 to 1, found '");
  EXPECT_CONTAINS(error_of_file("path,label_A,prob_A\na,2,0.5\n"),
                  "line 2: label_A: expected 0, 1");
  EXPECT_CONTAINS(error_of_file("path,label_A,prob_A\na,1\n"), "expected 3 fields");
}

TEST_F(PredictionsFile, ExclusiveLabelsAreOne) {
  const std::string header = "path,label_A,prob_A,label_B,prob_B,label,predicted\n";
  EXPECT_CONTAINS(error_of_file(header + "a,1,0.5,1,0.5,A,A\n"), "line 2: expected a label of 1");
  EXPECT_CONTAINS(error_of_file(header + "a,1,0.5,,0.5,A,A\n"), "1 blank");
  EXPECT_CONTAINS(error_of_file(header + "a,1,0.5,0,0.5,B,A\n"), "expected the label 'A'");
}

}  // namespace
}  // namespace evax::report
