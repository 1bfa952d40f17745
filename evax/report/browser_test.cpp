// The pages in a real browser: they render, and ask for nothing from anywhere.

#include "evax/report/browser.h"

#include <cstdlib>

#include "evax/report/test_support.h"

namespace evax::report {
namespace {

// The pages and screenshots stay beside the build, to be looked at.
void expect_rendered(const std::string& name, const std::string& page) {
  if (chromium().empty()) GTEST_SKIP() << "no chromium on this machine";
  const std::string file = fmt::format("{}/{}", EVAX_PAGES_DIR, name);
  make_folder(EVAX_PAGES_DIR);
  write_file(file + ".html", page);
  const std::string picture = file + ".png";
  std::filesystem::remove(picture);
  const std::string command = fmt::format(
      "timeout 100 {} --headless --no-sandbox --disable-gpu --hide-scrollbars "
      "--host-resolver-rules='MAP * ~NOTFOUND' --window-size=1200,6000 --screenshot='{}' "
      "'file://{}.html' "
      ">'{}.log' 2>&1",
      chromium(), picture, file, file);
  ASSERT_EQ(std::system(command.c_str()), 0) << content(file + ".log");
  // A blank picture of this size takes 40 KB.
  EXPECT_GT(std::filesystem::file_size(picture), 200'000U);
  EXPECT_LACKS(content(file + ".log"), "Content Security Policy");
}

TEST(Browser, FindingsPageRenders) {
  expect_rendered("findings", evaluation_page(findings_page()));
}
TEST(Browser, ExclusivePageRenders) {
  expect_rendered("exclusive", evaluation_page(exclusive_page()));
}
TEST(Browser, MasksPageRenders) { expect_rendered("masks", segmentation_page(masks_page())); }

}  // namespace
}  // namespace evax::report
