#include "evax/weights/rope.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evax/weights/convert/checkpoint.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

// Spec A.3: x_k = (k + 1) / 64 rotated at one cell; channels 0..3, 32..35, 62, 63.
struct Vector {
  int row, column, grid, ref_grid;
  double expected[10];
};
constexpr Vector vectors[] = {
    {3,
     5,
     14,
     14,
     {-0.0198786, -0.0287323, -0.0675142, 0.0393109, 0.6556918, -0.3437498, -0.6996007, -0.3550175,
      0.9834855, 1.0008749}},
    {3,
     5,
     14,
     16,
     {-0.0061405, -0.0343947, -0.0749456, 0.0220606, 0.7205983, 0.1698052, -0.5051214, -0.6002757,
      0.9833583, 1.0009998}},
    {7,
     11,
     30,
     14,
     {-0.0116046, -0.0329551, -0.0726294, 0.0287833, 0.6955697, -0.2535320, -0.6710412, -0.4064262,
      0.9834617, 1.0008982}},
    {31,
     31,
     32,
     14,
     {-0.0177374, 0.0301013, -0.0503336, 0.0597499, -0.1656464, 0.7215656, -0.4248424, 0.6595358,
      0.9819603, 1.0023712}},
};
constexpr int channels[] = {0, 1, 2, 3, 32, 33, 34, 35, 62, 63};

TEST(RopeTables, RotateTheSpecsVectors) {
  for (const Vector& vector : vectors) {
    const RopeTables tables = rope_tables(vector.grid, vector.ref_grid);
    const size_t cell = static_cast<size_t>(vector.row * vector.grid + vector.column) * 64;
    const auto x = [](int k) { return (k + 1) / 64.0; };
    for (size_t i = 0; i < std::size(channels); ++i) {
      const int k = channels[i];
      const double turned = k % 2 == 0 ? -x(k + 1) : x(k - 1);
      const double y = x(k) * tables.cos[cell + static_cast<size_t>(k)] +
                       turned * tables.sin[cell + static_cast<size_t>(k)];
      EXPECT_NEAR(y, vector.expected[i], 2e-6) << "channel " << k << " of grid " << vector.grid;
    }
  }
}

TEST(RopeTables, EqualTheOfficialCodesTables) {
  const Checkpoint checkpoint = read_checkpoint(testing::fixture("parity/tiny.pth"));
  const RopeTables tables = rope_tables(4, 14);
  const auto cosines = checkpoint.tensors.at("rope.freqs_cos").floats();
  const auto sines = checkpoint.tensors.at("blocks.1.attn.rope.freqs_sin").floats();
  ASSERT_EQ(cosines.size(), tables.cos.size());
  for (size_t i = 0; i < cosines.size(); ++i) {
    EXPECT_NEAR(cosines[i], tables.cos[i], 1e-6);
    EXPECT_NEAR(sines[i], tables.sin[i], 1e-6);
  }
}

}  // namespace
}  // namespace evax::weights
