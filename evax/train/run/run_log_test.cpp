#include "evax/train/run/run_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/write.h"
#include "evax/train/run/event_file.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class RunLogTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("evax_run_log_test_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path events() const { return folder_ / "tensorboard/events.out.tfevents.evax"; }
  fs::path folder_;
};

// RFC 3720, appendix B.4, and the polynomial's usual check value.
TEST_F(RunLogTest, Crc32cIsCastagnolis) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
}

// The fixture was written by tensorboard's own writer (tools/oracles/events.py).
TEST_F(RunLogTest, EventsAreTensorBoards) {
  const std::string path = (folder_ / "events").string();
  EventFile file(path, 0);
  file.flush();
  const size_t header = content(path).size();
  file.write(1, 1700000000.5, {{"train/loss", 0.6875F}, {"lr", 1e-3F}});
  file.write(300, 1700000001.25, {{"val/mean_auc", 0.75F}});
  file.write(5000000000, 1700000002.0, {{"train/loss", 0.0F}, {"é", -1.5F}});
  file.write(301, 1700000003.5, "masked",
             {680, 224, 3, "PNG\x01 of 200 bytes" + std::string(184, 'x')});
  file.flush();
  const std::string expected =
      content(fs::path(EVAX_SOURCE_DIR) / "tests/fixtures/train/events.bin");
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(content(path).substr(header), expected);
}

TEST_F(RunLogTest, WritesALineAStep) {
  RunLog log(folder_.string(), {});
  log.write(1, {{"loss", 0.5}, {"phase", "train"}, {"auc", nullptr}, {"grad", std::nan("")}});
  log.write(2, {{"loss", 0.25}, {"images", 64}});
  log.flush();
  EXPECT_EQ(content(folder_ / "metrics.jsonl"),
            "{\"step\":1,\"loss\":0.5,\"phase\":\"train\",\"auc\":null,\"grad\":null}\n"
            "{\"step\":2,\"loss\":0.25,\"images\":64}\n");
  const std::string bytes = content(events());
  EXPECT_NE(bytes.find("loss"), std::string::npos);
  EXPECT_EQ(bytes.find("phase"), std::string::npos);
  EXPECT_EQ(bytes.find("auc"), std::string::npos);
  EXPECT_EQ(bytes.find("grad"), std::string::npos);
}

TEST_F(RunLogTest, PicturesArePngs) {
  const image::Image image{2, 1, 3, {0, 1, 2, 253, 254, 255}};
  RunLog log(folder_.string(), {});
  log.picture(7, "masked", image);
  log.flush();
  EXPECT_NE(content(events()).find("masked"), std::string::npos);
  EXPECT_NE(content(events()).find(image::encode_png(image)), std::string::npos);
  EXPECT_EQ(content(folder_ / "metrics.jsonl"), "");
}

TEST_F(RunLogTest, ResumingCutsBothBackToTheCheckpoint) {
  const auto more = [&](const RunLog::Sizes& keep, int64_t step) {
    RunLog log(folder_.string(), keep);
    log.write(step, {{"loss", static_cast<double>(step)}});
    log.picture(step, "masked", {1, 1, 1, {static_cast<uint8_t>(step)}});
    return log.flush();
  };
  const auto of_one = more({}, 1);
  const std::string lines = content(folder_ / "metrics.jsonl");
  const std::string bytes = content(events());
  EXPECT_EQ(lines, "{\"step\":1,\"loss\":1.0}\n");
  const auto of_two = more(of_one, 2);
  EXPECT_GT(of_two.events, of_one.events);
  // What a kill may leave: more of the same step, half a line, half a frame.
  std::ofstream(folder_ / "metrics.jsonl", std::ios::app) << "{\"step\":2}\n{\"step\":3,\"lo";
  std::ofstream(events(), std::ios::app) << "half";
  RunLog(folder_.string(), of_two).flush();
  EXPECT_EQ(content(folder_ / "metrics.jsonl"), lines + "{\"step\":2,\"loss\":2.0}\n");
  EXPECT_EQ(content(events()).size(), of_two.events);
  RunLog(folder_.string(), of_one).flush();
  EXPECT_EQ(content(folder_ / "metrics.jsonl"), lines);
  EXPECT_EQ(content(events()), bytes);
  // Killed before the first checkpoint, a run begins anew; a log that was lost goes on empty.
  EXPECT_EQ(more({}, 1).lines, of_one.lines);
  EXPECT_EQ(content(folder_ / "metrics.jsonl"), lines);
  fs::remove(folder_ / "metrics.jsonl");
  EXPECT_EQ(more(of_two, 1).lines, of_one.lines);
}

TEST_F(RunLogTest, AnUnwritableFolderIsNamed) {
  write_file((folder_ / "file").string(), std::string_view("x"));
  EXPECT_THROW(RunLog((folder_ / "file/run").string(), {}), Error);
}

}  // namespace
}  // namespace evax::train
