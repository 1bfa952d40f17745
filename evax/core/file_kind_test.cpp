#include "evax/core/file_kind.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "evax/core/file.h"

namespace evax {
namespace {

std::string_view kind_of(const std::string& text) {
  return kind_of_file(std::as_bytes(std::span(text))).name;
}

std::string_view kind_of_fixture(const std::string& name) {
  return kind_of_file(MappedFile::open(fmt::format("{}/{}", EVAX_SOURCE_DIR, name))->bytes()).name;
}

TEST(FileKind, IsToldByTheFirstBytes) {
  EXPECT_EQ(kind_of_fixture("tests/fuzz/corpus/image/grey1.png"), "a PNG image");
  EXPECT_EQ(kind_of_fixture("tests/fuzz/corpus/image/grey_q30.jpg"), "a JPEG image");
  EXPECT_EQ(kind_of_fixture("tests/fuzz/corpus/dicom/explicit"), "a DICOM file");
  EXPECT_EQ(kind_of_fixture("tests/fixtures/parity/tiny.pth"),
            "a ZIP archive, as Excel workbooks (save them as CSV) and PyTorch checkpoints are");
  EXPECT_EQ(kind_of_fixture("tests/fixtures/weights/legacy.pth"), "a pickle");
  EXPECT_EQ(kind_of_fixture("tests/fixtures/parity/tiny_input.npy"), "a NumPy array");
  EXPECT_EQ(kind_of_fixture("README.md"), "text");
  EXPECT_EQ(kind_of(""), "an empty file");
  // A header of 640 bytes: its length begins as a pickle does.
  EXPECT_EQ(kind_of(std::string("\x80\x02\0\0\0\0\0\0{", 9)), "a safetensors file");
  EXPECT_EQ(kind_of("version https://git-lfs.github.com/spec/v1\noid sha256:0"),
            "a pointer of Git LFS (git lfs pull gets the file)");
  EXPECT_EQ(kind_of("\x01\x02\x03"), "binary data");
}

}  // namespace
}  // namespace evax
