#include "evax/data/fingerprint.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "evax/core/testing/support.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// 20,000 bytes of 'a' with others at some places.
std::string picture(std::initializer_list<size_t> changed = {}) {
  std::string bytes(20'000, 'a');
  for (const size_t at : changed) bytes[at] = 'b';
  return bytes;
}

// Digests from sha256sum.
TEST(FileFingerprint, IsOfSizeHeadAndTail) {
  const test::TestFolder folder;
  // printf '3\nabc' | sha256sum
  EXPECT_EQ(file_fingerprint(folder.write("short", "abc")),
            "b00c078ef550998002854805b6d1fac35a8601ebe3d9a9b32bf6f6157038e1b9");
  // printf '0\n' | sha256sum
  EXPECT_EQ(file_fingerprint(folder.write("empty", "")),
            "9a271f2a916b0b6ee6cecb2426f0b3206ef074578be55d9bc94f6f3fe3ab86aa");
  // { echo 20000; head -c 8192 /dev/zero | tr '\0' a; } | sha256sum
  EXPECT_EQ(file_fingerprint(folder.write("long", picture())),
            "9a999ff5604951b5947d3d1ef7d3a1f69c161f710cc35c84db293a21dfc26286");
}

TEST(FileFingerprint, IsOfTheContentAndNotOfNameAndTimes) {
  const test::TestFolder folder;
  const std::string path = folder.write("a.png", picture());
  const std::string before = file_fingerprint(path);
  fs::copy_file(path, folder.file("copy.png"));
  fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1));
  EXPECT_EQ(file_fingerprint(path), before);
  EXPECT_EQ(file_fingerprint(folder.file("copy.png")), before);
  for (const size_t place : {size_t{0}, size_t{4095}, size_t{15'904}, size_t{19'999}})
    EXPECT_NE(file_fingerprint(folder.write("b.png", picture({place}))), before) << place;
  EXPECT_NE(file_fingerprint(folder.write("b.png", picture() + "a")), before);
}

TEST(FileFingerprint, OfWhatIsNoFile) {
  const test::TestFolder folder;
  EXPECT_EQ(file_fingerprint(folder.file("none.png")), "missing");
  EXPECT_EQ(file_fingerprint(folder.path()), "missing");
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(file_fingerprint(folder.file("pipe")), "missing");  // and does not wait
}

TEST(PictureFingerprint, IsOfEveryPictureAndMaskInOrder) {
  const test::TestFolder folder;
  Dataset dataset;
  for (int i = 0; i < 200; ++i) {
    Sample& sample = dataset.samples.emplace_back();
    sample.path = folder.write(fmt::format("{}.png", i), fmt::format("picture {}", i));
  }
  const std::string before = picture_fingerprint(dataset);
  EXPECT_EQ(picture_fingerprint(dataset), before);
  std::swap(dataset.samples[3], dataset.samples[150]);
  EXPECT_NE(picture_fingerprint(dataset), before);
  std::swap(dataset.samples[3], dataset.samples[150]);
  dataset.samples[199].mask = folder.write("mask.png", "mask");
  const std::string with_mask = picture_fingerprint(dataset);
  EXPECT_NE(with_mask, before);
  folder.write("mask.png", "other");
  EXPECT_NE(picture_fingerprint(dataset), with_mask);
  dataset.samples[199].mask.clear();
  folder.write("199.png", "another");
  EXPECT_NE(picture_fingerprint(dataset), before);
}

}  // namespace
}  // namespace evax::data
