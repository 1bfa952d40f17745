#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "evax/report/browser.h"

namespace evax::report {
namespace {

TEST(ExplanationMaps, AreWhatTheOriginalGives) {
  if (!has_node()) GTEST_SKIP() << "no node on this machine";
  const std::string root = EVAX_SOURCE_DIR;
  EXPECT_EQ(std::system(fmt::format("node '{0}/evax/report/explain/web/maps_test.js' "
                                    "'{0}/tests/fixtures/cam'",
                                    root)
                            .c_str()),
            0);
}

}  // namespace
}  // namespace evax::report
