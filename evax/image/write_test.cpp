#include "evax/image/write.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "evax/core/error.h"
#include "evax/image/jpeg/write_jpeg.h"
#include "evax/image/read.h"
#include "evax/image/test_support.h"

namespace evax::image {
namespace {

using namespace testing;

TEST(WritePng, IsReadBackUnchanged) {
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    ("evax_write_png_test_" + std::to_string(::getpid()) + ".png");
  for (const int channels : {1, 3})
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 50}, {50, 1}, {97, 61}, {640, 480}}) {
      const Image image = picture(width, height, channels, 5);
      write_png(path.string(), image);
      const Image again = read(path.string()).image;
      EXPECT_EQ(again.width, width);
      EXPECT_EQ(again.height, height);
      EXPECT_EQ(again.channels, channels);
      EXPECT_EQ(again.pixels, image.pixels);
    }
  std::filesystem::remove(path);
}

TEST(WritePng, NamesAPathThatCannotBeWritten) {
  try {
    write_png("no/such/folder/x.png", picture(2, 2, 1, 0));
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(std::string_view(error.what()).substr(0, 20), "no/such/folder/x.png");
  }
}

TEST(EncodeJpeg, IsReadBackNearlyUnchanged) {
  for (const int channels : {1, 3}) {
    Image image{97, 61, channels, std::vector<uint8_t>(size_t{97} * 61 * channels)};
    for (size_t i = 0; i < image.pixels.size(); ++i)
      image.pixels[i] = static_cast<uint8_t>(i / static_cast<size_t>(97 * channels) * 3);
    const std::string jpeg = encode_jpeg(image, 90);
    const Image again = decode(std::as_bytes(std::span(jpeg)), "jpeg").image;
    ASSERT_EQ(again.width, 97);
    ASSERT_EQ(again.height, 61);
    ASSERT_EQ(again.channels, channels);
    for (size_t i = 0; i < image.pixels.size(); ++i)
      ASSERT_NEAR(again.pixels[i], image.pixels[i], 4) << i;
  }
}

TEST(EncodeJpeg, SaysWhatIsTooLarge) {
  const Image wide{70'000, 1, 1, std::vector<uint8_t>(70'000)};
  EXPECT_THROW(encode_jpeg(wide, 90), Error);
}

}  // namespace
}  // namespace evax::image
