// Against scikit-learn (tests/fixtures/explain/README.md).

#include "evax/metrics/principal_components.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evax/core/npy.h"

namespace evax::metrics {
namespace {

Tensor fixture(const std::string& name) {
  return read_npy(EVAX_SOURCE_DIR "/tests/fixtures/explain/pca_" + name + ".npy");
}

template <class Values>
void expect_near(const Values& values, const Tensor& expected, double tolerance) {
  ASSERT_EQ(values.size(), static_cast<size_t>(expected.elements()));
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], expected.floats()[i], tolerance) << "element " << i;
}

TEST(PrincipalComponents, AreScikitLearns) {
  const Tensor points = fixture("values");
  const auto basis = principal_components(points.floats(), 24, 3);
  expect_near(basis.axes, fixture("axes"), 1e-6);
  expect_near(basis.variance, fixture("variance"), 1e-6);
  auto scaled = project(basis, points.floats());
  scale_columns(scaled, 3);
  expect_near(scaled, fixture("scaled"), 1e-6);
}

TEST(PrincipalComponents, OfPointsOnALineAreOneAxisAndNothing) {
  const std::vector<float> points{1, 2, 3, 4, 5, 6, 7, 8};
  const auto basis = principal_components(points, 2, 3);
  EXPECT_NEAR(basis.axes[0], std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(basis.axes[1], std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(basis.variance[0], 1, 1e-12);
  EXPECT_NEAR(basis.variance[1], 0, 1e-12);
  EXPECT_EQ(basis.variance[2], 0);
}

TEST(PrincipalComponents, OfEqualPointsAreNoColour) {
  const std::vector<float> points(40, 0.25F);
  const auto basis = principal_components(points, 8, 3);
  auto scaled = project(basis, points);
  scale_columns(scaled, 3);
  EXPECT_EQ(scaled, std::vector<float>(15, 0.0F));
}

}  // namespace
}  // namespace evax::metrics
