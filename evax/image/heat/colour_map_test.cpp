#include "evax/image/heat/colour_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace evax::image {
namespace {

// matplotlib 3.11: 255 * colormaps["viridis"](value).
TEST(Viridis, IsMatplotlibs) {
  struct Case {
    double value;
    Rgb colour;
  };
  for (const auto& [value, colour] :
       {Case{0, {68, 1, 84}}, Case{0.07, {72, 26, 108}}, Case{0.21, {64, 70, 136}},
        Case{0.34, {48, 106, 142}}, Case{0.45, {37, 132, 142}}, Case{0.5, {33, 145, 140}},
        Case{0.58, {32, 163, 134}}, Case{0.71, {72, 193, 110}}, Case{0.83, {142, 214, 69}},
        Case{0.96, {229, 228, 25}}, Case{1, {253, 231, 37}}}) {
    const Rgb found = viridis(value);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(found[c], colour[c], 6) << value << " " << c;
  }
}

TEST(Viridis, BeyondItsEndsStaysThere) {
  EXPECT_EQ(viridis(-1), viridis(0));
  EXPECT_EQ(viridis(7), viridis(1));
  EXPECT_EQ(viridis(std::nan("")), viridis(0));
}

}  // namespace
}  // namespace evax::image
