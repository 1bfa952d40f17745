// Every input the fuzzer ever stumbled over, and its seeds, once more: none may crash.

#include <gtest/gtest.h>

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/dicom/dicom.h"

namespace evax::image {
namespace {

TEST(DicomCorpus, IsReadOrRefused) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(EVAX_SOURCE_DIR "/tests/fuzz/corpus/dicom")) {
    const auto file = MappedFile::open(entry.path().string());
    ++files;
    for (const bool force : {false, true}) {
      try {
        const Radiograph radiograph = decode_dicom(file->bytes(), "corpus", {force});
        EXPECT_EQ(radiograph.image.pixels.size(),
                  static_cast<size_t>(radiograph.image.width) * radiograph.image.height);
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("expected"), std::string::npos)
            << entry.path().filename() << ": " << error.what();
      }
    }
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace evax::image
