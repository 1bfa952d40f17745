// The real binary on images as they came from devices and archives, or in their way.

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

std::string field(const std::string& name) { return source_file("tests/fixtures/field/" + name); }

TEST(FieldImages, DamagedFilesAreReportedAndTheRestIsWritten) {
  const Folder folder;
  const Process run = evax({"convert", field("memory/dicom_lossless_jpeg_over_precision_2bit.dcm"),
                            field("memory/dicom_jpegls_reset3_assert_length.dcm"),
                            field("images/C10_no_eoi.jpg"), "-o", folder.file("png")});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_NE(run.err.find("expected samples of 2 bits from the code stream"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder.file("png/C10_no_eoi.png")));
}

TEST(FieldImages, AStripIsPackedInLittleMemory) {
  const Folder folder;
  write(folder.file("list.csv"), "path,sick\npng_strip_1x10000000.png,1\n");
  const Process run = evax({"data", "pack", "--kind", "csv", "--images", field("memory"), "--train",
                            folder.file("list.csv"), "-o", folder.file("shards")});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_LT(run.peak_kib, 200 << 10);
}

TEST(FieldImages, TheDepthIsTheFilesOrTheCommandLines) {
  const Folder folder;
  const auto converted = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"convert", field("images/C1_16bit_max_4080.png"), "-o",
                                       folder.file("x.png")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Process run = evax(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return read(folder.file("x.png"));
  };
  const std::string by_rule = converted({});
  EXPECT_EQ(converted({"--bits", "12"}), by_rule);
  EXPECT_NE(converted({"--bits", "16"}), by_rule);
  const Process refused = evax({"info", field("images/C1_16bit_max_4080.png"), "--bits", "7"});
  EXPECT_EQ(refused.exit_code, 2);
}

}  // namespace
}  // namespace evax::e2e
