#include "evax/core/interpolate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "evax/core/npy.h"

namespace evax {
namespace {

// Values lie in [-8, 8] before overshoot. PyTorch computes positions and weights in float32, and so
// does evax; what is left is the order of sums.
constexpr float tolerance = 4e-6F;

struct Case {
  int height, width, out_height, out_width;
  Interpolation interpolation;
  bool antialias;
  size_t offset;
};

std::vector<Case> read_cases(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<Case> cases;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    Case c{};
    char comma = 0;
    std::string mode;
    cells >> c.height >> comma >> c.width >> comma >> c.out_height >> comma >> c.out_width >> comma;
    std::getline(cells, mode, ',');
    cells >> c.antialias >> comma >> c.offset;
    c.interpolation = mode == "bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
    cases.push_back(c);
  }
  return cases;
}

// The input of tools/oracles/image.py: bits 16 to 23 of a linear congruential sequence.
std::vector<float> make_plane(int height, int width) {
  std::vector<float> plane(static_cast<size_t>(height) * static_cast<size_t>(width));
  uint32_t state = 99;
  for (float& value : plane) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>((state >> 16) & 0xFF) / 16 - 8;
  }
  return plane;
}

TEST(Interpolate, EqualsPyTorch) {
  const std::string folder = EVAX_SOURCE_DIR "/tests/fixtures/image/";
  const Tensor expected = read_npy(folder + "interpolate.npy");
  const std::vector<Case> cases = read_cases(folder + "interpolate.csv");
  ASSERT_FALSE(cases.empty());
  float worst_of_all = 0;
  for (const Case& c : cases) {
    const auto plane = make_plane(c.height, c.width);
    const auto result = interpolate(plane.data(), c.height, c.width, c.out_height, c.out_width,
                                    c.interpolation, c.antialias);
    ASSERT_EQ(result.size(), static_cast<size_t>(c.out_height) * static_cast<size_t>(c.out_width));
    float worst = 0;
    for (size_t i = 0; i < result.size(); ++i)
      worst = std::max(worst, std::abs(result[i] - expected.floats()[c.offset + i]));
    EXPECT_LE(worst, tolerance) << c.height << "x" << c.width << " -> " << c.out_height << "x"
                                << c.out_width << (c.antialias ? " antialias" : "")
                                << (c.interpolation == Interpolation::bicubic ? " bicubic" : "");
    worst_of_all = std::max(worst_of_all, worst);
  }
  RecordProperty("worst", std::to_string(worst_of_all));
}

}  // namespace
}  // namespace evax
