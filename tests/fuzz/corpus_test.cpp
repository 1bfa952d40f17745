// Runs every file of every target's corpus through it, where there is no libFuzzer.

#include <gtest/gtest.h>

#include "evax/core/file.h"
#include "tests/fuzz/harness.h"

namespace evax::fuzz {
namespace {

class Corpus : public testing::Test {
 public:
  explicit Corpus(const Target& target) : target_(target) {}

  void TestBody() override {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(EVAX_CORPORA "/" + target_.name)) {
      SCOPED_TRACE(entry.path());
      const auto bytes = read_file(entry.path().string(), size_t{1} << 20);
      target_.run({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
      ++count;
    }
    EXPECT_GT(count, 0U);
  }

 private:
  const Target& target_;
};

// A folder of inputs without its target would be forgotten.
TEST(Corpora, HaveTargets) {
  for (const auto& entry : std::filesystem::directory_iterator(EVAX_CORPORA)) {
    const auto& all = targets();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Target& target) {
      return target.name == entry.path().filename();
    })) << entry.path();
  }
}

}  // namespace
}  // namespace evax::fuzz

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const auto& target : evax::fuzz::targets())
    testing::RegisterTest("Corpus", target.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&target]() -> testing::Test* { return new evax::fuzz::Corpus(target); });
  return RUN_ALL_TESTS();
}
