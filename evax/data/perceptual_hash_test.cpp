#include "evax/data/perceptual_hash.h"

#include <map>

#include "evax/data/test_support.h"
#include "evax/image/read.h"
#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

// What Pillow and numpy give for the demonstration's X-rays (tools/oracles/perceptual_hash.py).
const std::map<std::string, PerceptualHash> expected{
    {"00001368_000.png",
     {0xb32c53b042f0aeca, 0x4b6b2d0daeb9b659, 0x58db6887b18ed2d9, 0x1a3e0439a69e349e}},
    {"00001962_000.png",
     {0x513c4bb40150544f, 0xad4ca5ccffedff4d, 0x0e71acb410f8aad1, 0x49fd0580bf1e52f0}},
    {"IM-0003-0001.jpg",
     {0x3234f12e40b14492, 0xca7e8f6b4b3c2469, 0xe38ed61fe3d3db8f, 0xa6db7886348e4191}},
    {"IM-0115-0001.jpg",
     {0x4349ad0e7329504a, 0x2d3c5729748cc2c9, 0xbe25bc3c8d312f3c, 0xbc6e0f319eaeb8f3}},
    {"NORMAL2-IM-1427-0001.jpg",
     {0x924ba10e82b154da, 0x82498309808e80cb, 0xdf2fda7fcb69130c, 0x0c736f4fda7eef7b}},
    {"person1004_virus_1686.jpg",
     {0xbd3eb5a952d37ada, 0x572b5a1e0f697d25, 0xc3f9872dd61f0b79, 0x505083409a0e8234}},
    {"person1323_virus_2283.jpg",
     {0x43942f0ef43852ba, 0x4b16d4b92a96b08f, 0x3c39caf6ca7b42b1, 0xf8710d8f28f528f5}},
};

image::Image xray(const std::string& name) {
  return image::read(std::string(EVAX_SOURCE_DIR) + "/demo/xrays/" + name).image;
}

TEST(PerceptualHash, EqualsTheOracles) {
  for (const auto& [name, hash] : expected) EXPECT_EQ(perceptual_hash(xray(name)), hash) << name;
}

TEST(PerceptualHash, TellsCopiesFromOtherPictures) {
  for (const auto& [name, hash] : expected) {
    image::Image copy = xray(name);
    copy = image::resize(copy, copy.width / 2, copy.height / 3, Interpolation::bicubic);
    for (uint8_t& pixel : copy.pixels) pixel = static_cast<uint8_t>(pixel * 0.9 + 5);
    for (const auto& [other, other_hash] : expected) {
      const int bits = distance(perceptual_hash(copy), other_hash);
      if (other == name)
        EXPECT_LE(bits, near_identical) << name;
      else
        EXPECT_GT(bits, 2 * near_identical) << name << " " << other;
    }
  }
}

}  // namespace
}  // namespace evax::data
