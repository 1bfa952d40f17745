#include <gtest/gtest.h>

#include <filesystem>

#include "evax/core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace evax::weights {
namespace {

TEST(FuzzCorpus, IsReadOrRefused) {
  const std::string folder = EVAX_SOURCE_DIR "/tests/fuzz/corpus/" EVAX_CORPUS;
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto bytes = read_file(entry.path().string(), 1 << 24);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++inputs;
  }
  EXPECT_GT(inputs, 0U);
}

}  // namespace
}  // namespace evax::weights
