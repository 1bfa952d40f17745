// The page of explanations in a real browser, used as a reader uses it.

#include <cstdlib>

#include "evax/report/browser.h"
#include "evax/report/explain/sample_page.h"
#include "evax/report/test_support.h"

namespace evax::report {
namespace {

ExplanationPage without_a_head() {
  ExplanationPage page = explanation_sample(1);
  page.models.resize(1);
  page.title = page.models[0].name = page.images[0].name = "</script><img src=x onerror=alert(1)>";
  page.models[0].classes.clear();
  page.images[0].explanations.resize(1);
  page.images[0].explanations[0].probabilities.clear();
  page.images[0].explanations[0].positive.clear();
  page.images[0].explanations[0].cam.clear();
  return page;
}

TEST(Browser, ExplanationPageWorks) {
  if (chromium().empty()) GTEST_SKIP() << "no chromium on this machine";
  if (!has_node()) GTEST_SKIP() << "no node on this machine";
  make_folder(EVAX_PAGES_DIR);
  const std::string file = fmt::format("{}/explanation.html", EVAX_PAGES_DIR);
  const std::string headless = fmt::format("{}/explanation-headless.html", EVAX_PAGES_DIR);
  write_file(file, explanation_page(explanation_sample(20)));
  write_file(headless, explanation_page(without_a_head()));
  const std::string command = fmt::format(
      "timeout 300 node '{}/evax/report/explain/web/page_browser_test.js' '{}' '{}' '{}'",
      EVAX_SOURCE_DIR, chromium(), file, headless);
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace evax::report
