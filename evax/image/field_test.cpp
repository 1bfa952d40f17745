// Pictures as they came from devices and archives, against right values of Pillow and pydicom.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "evax/image/read.h"
#include "evax/image/resize/resize.h"

namespace evax::image {
namespace {

const std::string field = EVAX_SOURCE_DIR "/tests/fixtures/field/";

int worst_difference(const Image& a, const Image& b) {
  if (a.pixels.size() != b.pixels.size()) return 256;
  int worst = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    worst = std::max(worst, std::abs(a.pixels[i] - b.pixels[i]));
  return worst;
}

TEST(Field, PicturesAreTheRightOnes) {
  struct Case {
    const char* file;
    const char* expected;
    int tolerance;  // of rounding
  };
  for (const Case& c : {Case{"images/C1_16bit_max_4080.png", "images/C1_expected_8bit.png", 1},
                        Case{"dicom/A4_voi_lut_16bit_declared_12bit_data.dcm",
                             "dicom/A4_voi_lut_16bit_declared_12bit_data.expected.png", 1},
                        Case{"dicom/A12_padding_US_for_signed.dcm",
                             "dicom/A12_padding_US_for_signed.expected.png", 1},
                        Case{"dicom/B6b_j2k_12bit_stream_10bit_header.dcm",
                             "dicom/B6b_j2k_12bit_stream_10bit_header.expected.png", 1}})
    EXPECT_LE(worst_difference(read(field + c.file).image, read(field + c.expected).image),
              c.tolerance)
        << c.file;
}

TEST(Field, AJpegWithoutEndMarkerIsRead) {
  const Radiograph xray = read(field + "images/C10_no_eoi.jpg");
  EXPECT_EQ(xray.image.width, 256);
  ASSERT_EQ(xray.info.warnings.size(), 1U);
}

#ifndef __SANITIZE_ADDRESS__
// The memory this process has mapped, in bytes.
rlim_t mapped() {
  std::ifstream file("/proc/self/statm");
  rlim_t pages = 0;
  file >> pages;
  return pages * 4096;
}

// Reads and resizes the strip with little more memory than the picture itself takes.
int resize_in(rlim_t bytes, const std::string& path, Interpolation interpolation) {
  const Image strip = read(path).image;
  const rlimit limit{mapped() + bytes, mapped() + bytes};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
  const Image small = resize(strip, 336, 336, interpolation);
  const Image turned = resize(Image{strip.height, 1, 1, strip.pixels}, 336, 336, interpolation);
  return small.is_sound() && turned.is_sound() ? 0 : 1;
}

TEST(FieldDeathTest, AStripIsResizedInLittleMemory) {
  const std::string path = field + "memory/png_strip_1x10000000.png";
  for (const auto interpolation : {Interpolation::bilinear, Interpolation::bicubic})
    EXPECT_EXIT(std::_Exit(resize_in(rlim_t{200} << 20, path, interpolation)),
                testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace evax::image
