// Runs every file of a fuzz target's corpus through it, where there is no libFuzzer.

#include <gtest/gtest.h>

#include <filesystem>

#include "evax/core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

TEST(Corpus, IsReadOrRefused) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(EVAX_CORPUS)) {
    SCOPED_TRACE(entry.path());
    const auto bytes = evax::read_file(entry.path().string(), size_t{1} << 20);
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
              0);
    ++count;
  }
  EXPECT_GT(count, 0U);
}
