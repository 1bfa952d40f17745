#include "evax/data/shards/shard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/data/shards/format.h"
#include "evax/data/shards/read.h"
#include "evax/data/shards/writer.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

class ShardTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("evax_shard_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    ShardDescription description;
    description.classes = {"Mass"};
    description.samples = 3;
    description.shards = 1;
    ShardWriter writer(path(), description);
    writer.add({"", "p1", {1}}, 0, "a.png", {2, 2, 1, {1, 2, 3, 4}}, "f1");
    writer.add({"", "p2", {-1}}, 2, "b.png", {1, 1, 3, {5, 6, 7}}, "f2");
    writer.commit();
    const auto read = read_file(path(), 1 << 20);
    bytes_.assign(reinterpret_cast<const char*>(read.data()), read.size());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return (folder_ / "00000.shard").string(); }

  // The sentence that a shard of these bytes is refused with; empty when it is not.
  static std::string refusal(const std::string& bytes) {
    try {
      const auto shard = Shard::decode(std::as_bytes(std::span(bytes)), "x.shard", nullptr);
      for (uint32_t i = 0; i < shard->size(); ++i) shard->image(i);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }

  // The shard with its header and its first record changed, and all checksums right.
  std::string forged(const std::function<void(ShardHeader&, ShardRecord&, std::string&)>& edit) {
    std::string bytes = bytes_;
    ShardHeader header;
    ShardRecord record;
    std::memcpy(&header, bytes.data(), sizeof header);
    const size_t tail = header.tail_offset;
    std::memcpy(&record, bytes.data() + tail, sizeof record);
    edit(header, record, bytes);
    std::memcpy(bytes.data() + tail, &record, sizeof record);
    header.tail_crc = crc32_of(bytes.data() + tail, bytes.size() - tail);
    header.header_crc = crc32_of(&header, sizeof header - 4);
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
  }

  void expect_refusal(const std::string& word,
                      const std::function<void(ShardHeader&, ShardRecord&, std::string&)>& edit) {
    const std::string sentence = refusal(forged(edit));
    EXPECT_NE(sentence.find("x.shard: "), std::string::npos) << word << ": " << sentence;
    EXPECT_NE(sentence.find(word), std::string::npos) << sentence;
  }

  fs::path folder_;
  std::string bytes_;
};

TEST_F(ShardTest, LayoutIsTheDocumentedOne) {
  EXPECT_EQ(bytes_.substr(0, 8), "EVAXSHRD");
  EXPECT_EQ(bytes_.substr(8, 8), std::string("\1\0\0\0\2\0\0\0", 8));
  EXPECT_EQ(bytes_.substr(64, 7), "\1\2\3\4\5\6\7");
  EXPECT_EQ(bytes_.substr(71, 8), std::string("\x40\0\0\0\0\0\0\0", 8));
  EXPECT_NE(bytes_.find("a.pngp1b.pngp2{\"task\":\"multilabel\""), std::string::npos);
  const uint32_t crc = crc32_of("123456789", 9);
  EXPECT_EQ(crc, 0xCBF43926U);  // the check value of CRC-32/ISO-HDLC
}

// Written by tools/oracles/shards.py from the documentation.
TEST(ShardFixtureTest, ReadsShardsOfAnotherWriter) {
  const std::string folder = std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/shards/";
  const auto multilabel = Shard::open(folder + "multilabel.shard");
  ASSERT_EQ(multilabel->size(), 2U);
  EXPECT_EQ(multilabel->description().classes, (std::vector<std::string>{"Mass", "Edema"}));
  EXPECT_EQ(multilabel->description().samples, 9U);
  EXPECT_EQ(multilabel->description().failed.at(0).path, "lost.png");
  EXPECT_EQ(multilabel->sample(0).path, "a/00000001_000.png");
  EXPECT_EQ(multilabel->sample(0).patient, "00000001");
  EXPECT_EQ(multilabel->sample(0).labels, (std::vector<float>{1, -1}));
  EXPECT_EQ(multilabel->sample(1).path, "b/Röntgen.png");
  EXPECT_EQ(multilabel->sample(1).labels[0], 0);
  EXPECT_TRUE(std::isnan(multilabel->sample(1).labels[1]));
  const image::Image grey = multilabel->image(0), rgb = multilabel->image(1);
  EXPECT_EQ(grey.width, 4);
  EXPECT_EQ(grey.height, 3);
  EXPECT_EQ(grey.row(2)[3], 11);
  EXPECT_EQ(rgb.channels, 3);
  EXPECT_EQ(rgb.row(2)[5], 117);
  const auto multiclass = Shard::open(folder + "multiclass.shard");
  EXPECT_EQ(multiclass->description().task, weights::Task::multiclass);
  EXPECT_EQ(multiclass->sample(0).label, 2);
  EXPECT_EQ(multiclass->image(0).pixels, std::vector<uint8_t>{7});
}

TEST_F(ShardTest, ReadsWhatWasWritten) {
  const auto shard = Shard::open(path());
  ASSERT_EQ(shard->size(), 2U);
  EXPECT_EQ(shard->image(1).pixels, (std::vector<uint8_t>{5, 6, 7}));
  EXPECT_EQ(shard->image(1).channels, 3);
  EXPECT_EQ(shard->sample(1).path, "b.png");
  EXPECT_EQ(shard->sample(1).patient, "p2");
  EXPECT_EQ(shard->sample(1).labels, std::vector<float>{-1});
  EXPECT_THROW(shard->image(2), Error);
  EXPECT_EQ(refusal(bytes_), "");
}

TEST_F(ShardTest, RefusesEveryTruncationAndEveryFlippedBit) {
  for (size_t size = 0; size < bytes_.size(); ++size)
    ASSERT_NE(refusal(bytes_.substr(0, size)), "") << size;
  ASSERT_NE(refusal(bytes_ + "x"), "");
  for (size_t i = 0; i < bytes_.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = bytes_;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      ASSERT_NE(refusal(bytes), "") << "bit " << bit << " of byte " << i;
    }
}

TEST_F(ShardTest, RefusesForgeriesWithRightChecksums) {
  ASSERT_EQ(refusal(forged([](auto&, auto&, auto&) {})), "");
  expect_refusal("version", [](auto& header, auto&, auto&) { header.version = 2; });
  expect_refusal("add up", [](auto& header, auto&, auto&) { header.records = 0xFFFFFFFF; });
  expect_refusal("add up", [](auto& header, auto&, auto&) { header.labels = 0xFFFFFFFF; });
  expect_refusal("add up", [](auto& header, auto&, auto&) { header.names_bytes = ~uint64_t{0}; });
  expect_refusal("add up", [](auto& header, auto&, auto&) { header.records = 1; });
  expect_refusal("image", [](auto&, auto& record, auto&) { record.offset = 0; });
  expect_refusal("image", [](auto&, auto& record, auto&) { record.offset = ~uint64_t{0}; });
  expect_refusal("image", [](auto&, auto& record, auto&) { record.width = 0; });
  expect_refusal("image", [](auto&, auto& record, auto&) { record.channels = 2; });
  expect_refusal("image", [](auto&, auto& record, auto&) { record.height = 100; });
  expect_refusal("image",
                 [](auto&, auto& record, auto&) { record.width = record.height = 0xFFFFFFFF; });
  expect_refusal("class", [](auto&, auto& record, auto&) { record.label = 0; });
  expect_refusal("position", [](auto&, auto& record, auto&) { record.position = 3; });
  expect_refusal("order", [](auto&, auto& record, auto&) { record.position = 2; });
  expect_refusal("names", [](auto&, auto& record, auto&) { record.path_bytes = 0xFFFFFFFF; });
  expect_refusal("names", [](auto&, auto& record, auto&) { record.patient_bytes = 1; });
  const auto replaced = [](const std::string& from, const std::string& to) {
    return
        [=](auto&, auto&, std::string& bytes) { bytes.replace(bytes.find(from), from.size(), to); };
  };
  expect_refusal("task", replaced("multilabel", "pretrainXX"));
  expect_refusal("JSON", replaced("{\"task\"", "[\"task\""));
  expect_refusal("JSON", replaced("\"size\":0", "\"size\":x"));
  expect_refusal("numbers", replaced("\"shard\":0", "\"shard\":7"));
  expect_refusal("labels in", [](ShardHeader& header, auto&, std::string& bytes) {
    const float value = 5;
    std::memcpy(bytes.data() + header.tail_offset + 2 * sizeof(ShardRecord), &value, 4);
  });
}

TEST_F(ShardTest, AFolderIsReadWholeOrNotAtAll) {
  EXPECT_EQ(read_shards(folder_.string()).size(), 2U);
  EXPECT_TRUE(has_shards(folder_.string()));
  fs::copy_file(path(), folder_ / "00001.shard");
  EXPECT_THROW(read_shards(folder_.string()), Error);
  fs::remove_all(folder_);
  EXPECT_FALSE(has_shards(folder_.string()));
  EXPECT_THROW(read_shards(folder_.string()), Error);
  fs::create_directories(folder_);
  EXPECT_THROW(read_shards(folder_.string()), Error);
}

}  // namespace
}  // namespace evax::data
