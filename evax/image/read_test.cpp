#include "evax/image/read.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/test_support.h"

namespace evax::image {
namespace {

namespace fs = std::filesystem;
using namespace testing;

void expect_rows(const fs::path& folder, const std::vector<Row>& rows) {
  ASSERT_FALSE(rows.empty());
  for (const Row& row : rows) {
    SCOPED_TRACE(row.at("path"));
    const Radiograph radiograph = read((folder / row.at("path")).string());
    EXPECT_EQ(radiograph.image.width, number(row, "width"));
    EXPECT_EQ(radiograph.image.height, number(row, "height"));
    EXPECT_EQ(rgb_hash(radiograph.image), row.at("sha256"));
  }
}

std::string refusal(std::string_view content) {
  try {
    decode(std::as_bytes(std::span(content)), "some/file.png");
  } catch (const Error& error) {
    return error.what();
  }
  return "read without complaint";
}

class ReadOn : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

TEST_P(ReadOn, EveryKindEqualsPillow) { expect_rows(fixtures, read_csv(fixtures / "read.csv")); }

INSTANTIATE_TEST_SUITE_P(Targets, ReadOn, ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

TEST(Read, RealFilesEqualPillow) {
  if (!fs::exists(shared_data)) GTEST_SKIP() << "no folder " << shared_data;
  expect_rows(shared_data, read_csv(fixtures / "real.csv"));
}

TEST(Read, EveryRealFileIsRead) {
  if (!fs::exists(shared_data)) GTEST_SKIP() << "no folder " << shared_data;
  size_t count = 0;
  for (const char* folder : {"classification", "localization", "segmentation"})
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(shared_data / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension != ".png" && extension != ".jpg") continue;
      EXPECT_NO_THROW(read(entry.path().string())) << entry.path();
      ++count;
    }
  EXPECT_GT(count, 0U);
}

TEST(Read, DescribesWhatItRead) {
  const Info png = read((fixtures / "png/grey16.png").string()).info;
  EXPECT_EQ(png.format, "PNG");
  EXPECT_EQ(png.bits, 16);
  const Info jpeg = read((fixtures / "jpeg/grey_q95.jpg").string()).info;
  EXPECT_EQ(jpeg.format, "JPEG");
  EXPECT_EQ(jpeg.bits, 8);
}

TEST(Read, SaysWhatAForeignFileIs) {
  EXPECT_EQ(refusal(""), "some/file.png: expected a PNG, JPEG or DICOM image, found an empty file");
  EXPECT_EQ(refusal("patient,finding\n1,none\n"),
            "some/file.png: expected a PNG, JPEG or DICOM image, found a text file");
  EXPECT_EQ(refusal("Befund: unauff\xC3\xA4llig\n"),
            "some/file.png: expected a PNG, JPEG or DICOM image, found a text file");
  EXPECT_EQ(refusal({"\x1F\x8B\x08\x00", 4}),
            "some/file.png: expected a PNG, JPEG or DICOM image, found a gzip file");
  EXPECT_EQ(refusal({"II*\0\x08\0\0\0", 8}),
            "some/file.png: expected a PNG, JPEG or DICOM image, found a TIFF image");
  EXPECT_EQ(refusal({"RIFF\x10\0\0\0WEBPVP8 ", 16}),
            "some/file.png: expected a PNG, JPEG or DICOM image, found a WebP image");
  EXPECT_EQ(refusal({"\x01\x02\x03\x04", 4}),
            "some/file.png: expected a PNG, JPEG or DICOM image, found unknown content");
}

TEST(Read, NamesAMissingFileAndAFolder) {
  EXPECT_THROW(read("no/such/file.png"), Error);
  EXPECT_THROW(read(fixtures.string()), Error);
}

}  // namespace
}  // namespace evax::image
