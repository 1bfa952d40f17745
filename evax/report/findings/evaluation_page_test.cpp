#include "evax/report/test_support.h"

namespace evax::report {
namespace {

TEST(EvaluationPage, BeginsWithWhatARadiologistAsks) {
  expect_order(text_of(evaluation_page(findings_page())), {"eva_x_tiny",
                                                           "chestxray14 test",
                                                           "25,596 images of 2,797 patients",
                                                           "Mean AUC",
                                                           "0.824",
                                                           "95 % interval 0.818–0.830",
                                                           "Each finding",
                                                           "ROC curves",
                                                           "Precision-recall curves",
                                                           "Right and wrong calls",
                                                           "Calibration",
                                                           "before calibration",
                                                           "after calibration",
                                                           "Subgroups",
                                                           "sex: F",
                                                           "Examples",
                                                           "Right call",
                                                           "Wrong call",
                                                           "Missed",
                                                           "Training",
                                                           "Protocol",
                                                           "youden",
                                                           disclaimer});
}

TEST(EvaluationPage, SelectionOnTheTestSetIsWarnedOf) {
  EXPECT_CONTAINS(evaluation_page(exclusive_page()), "selected on the TEST set");
  EXPECT_LACKS(evaluation_page(findings_page()), "selected on the TEST set");
}

TEST(EvaluationPage, ExclusiveClassesLeadWithAccuracyAndHaveNoThresholds) {
  const std::string text = text_of(evaluation_page(exclusive_page()));
  expect_order(text, {"Accuracy", "0.975", "Balanced accuracy", "Mean AUC"});
  EXPECT_LACKS(text, "Threshold");
  EXPECT_LACKS(text, "threshold in use");
}

TEST(EvaluationPage, TwoClassesSayWhichCallsAreMeant) {
  EvaluationPage page;
  page.evaluation.classes.resize(2);
  for (auto& c : page.evaluation.classes) c.threshold = 0.3;
  page.evaluation.confusion_matrix = {{7, 33}, {11, 26}};
  expect_order(text_of(evaluation_page(page)),
               {"Both accuracies are those of the most probable class", "those at the threshold",
                "The call is the most probable class, whatever the threshold"});
}

// One positive image ranked first: every draw of the bootstrap that has an area gives 1.
TEST(EvaluationPage, SmallSubgroupsShowTheirSizeInPlaceOfAnInterval) {
  EvaluationPage page;
  metrics::ClassFigures edema;
  edema.name = "Edema";
  edema.positives = 1;
  edema.negatives = 40;
  edema.auc = {1, metrics::Interval{1, 1}};
  metrics::ClassFigures hernia = edema;
  hernia.name = "Hernia";
  hernia.positives = 0;
  hernia.auc = {};
  page.evaluation.classes = {edema, hernia};
  page.evaluation.subgroups = {{"age", "80+", 41, 41, edema.auc, {}, {edema, hernia}}};
  const std::string text = text_of(evaluation_page(page));
  expect_order(text,
               {"Subgroups", "1 of 2", "With fewer than 10 positive", "1.0001 positive", "–"});
}

TEST(EvaluationPage, AnExampleLeadsToItsExplanationWhereThereIsOne) {
  const std::string page = evaluation_page(findings_page());
  EXPECT_CONTAINS(page, "href=\"explain.html#image=1&amp;finding=Cardiomegaly\"><img ");
  EXPECT_CONTAINS(text_of(page), "what the model saw");
  EXPECT_LACKS(evaluation_page(exclusive_page()), "<a ");
}

TEST(EvaluationPage, AsksForNothingAndRunsNothing) {
  for (const EvaluationPage& sample : {findings_page(), exclusive_page()}) {
    const std::string page = evaluation_page(sample);
    EXPECT_CONTAINS(page, "default-src 'none'");
    for (const char* part : {"<script", "http:", "https:", "url(", "@import", "<link", "<iframe"})
      EXPECT_EQ(page.find(part), std::string::npos) << part;
    for (size_t at = page.find("src="); at != std::string::npos; at = page.find("src=", at + 1))
      EXPECT_EQ(page.compare(at, 27, "src=\"data:image/png;base64,"), 0);
  }
}

TEST(EvaluationPage, HostileNamesAreHarmless) {
  const std::string hostile = "\"><script>x</script><img src=x onerror='y'>\xE2\x80\xAE\x01\xFF";
  EvaluationPage page = findings_page();
  page.title = page.model = page.data = hostile;
  for (auto& c : page.evaluation.classes) c.name = hostile + std::string(100'000, 'x');
  for (auto& group : page.evaluation.subgroups) group.column = group.value = hostile;
  for (auto& example : page.examples)
    example.class_name = example.caption = example.truth = example.link = hostile;
  page.evaluation.notes = {hostile};
  page.training[0].label = page.training[0].lines[0].name = hostile;
  page.protocol = {{hostile, {{hostile, hostile}}}};
  const std::string html = evaluation_page(page);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<img src=x"), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
  EXPECT_EQ(html.find('\xFF'), std::string::npos);
  EXPECT_LT(html.size(), 4'000'000U);
}

TEST(EvaluationPage, WhatIsUndefinedIsADashWithItsReason) {
  EvaluationPage page;
  metrics::ClassFigures edema;
  edema.name = "Edema";
  edema.negatives = 5;
  edema.threshold = 0.5;
  edema.confusion.true_negative = 5;
  page.evaluation.images = 5;
  page.evaluation.classes = {edema};
  page.evaluation.notes = {"Edema: no positive among 5 images"};
  page.curves.resize(1);
  const std::string text = text_of(evaluation_page(page));
  expect_order(text, {"5 images, patients not known", "–", "no interval",
                      "Edema: no positive among 5 images", "Edema: never called",
                      "undefined: no positive or no negative image"});
  EXPECT_LACKS(text, "nan");
}

TEST(EvaluationPage, AnEmptyEvaluationIsAPageToo) {
  EXPECT_CONTAINS(evaluation_page({}), disclaimer);
}

}  // namespace
}  // namespace evax::report
