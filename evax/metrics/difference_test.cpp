#include "evax/metrics/difference.h"

#include <cmath>

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

TEST(Difference, BootstrapP) {
  EXPECT_DOUBLE_EQ(*bootstrap_p({1, 2, 3, 4, 5, 6, 7, 8, 9}), 0.2);   // 2 (0 + 1) / 10
  EXPECT_DOUBLE_EQ(*bootstrap_p({-1, 2, 3, 4, 5, 6, 7, 8, 9}), 0.4);  // 2 (1 + 1) / 10
  EXPECT_EQ(bootstrap_p({0, 0, 0}), 1);
  EXPECT_EQ(bootstrap_p({-1, 1}), 1);
  EXPECT_FALSE(bootstrap_p({1, NAN, NAN}));
  EXPECT_FALSE(bootstrap_p({}));
}

}  // namespace
}  // namespace evax::metrics
