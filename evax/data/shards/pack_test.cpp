#include "evax/data/shards/pack.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/testing/support.h"
#include "evax/data/shards/format.h"
#include "evax/data/shards/read.h"
#include "evax/image/read.h"
#include "evax/image/resize/resize.h"
#include "evax/image/write.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Name and content of every file of a folder.
std::map<std::string, std::string> content(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files[entry.path().filename()] = bytes_of(entry.path());
  return files;
}

class PackTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("evax_pack_" + std::to_string(::getpid()));
    fs::create_directories(root_ / "images");
  }
  void TearDown() override { fs::remove_all(root_); }

  // Small pictures: every fifth in colour, the others grey or grey written as RGB.
  Dataset dataset(size_t size) {
    Dataset made;
    made.classes = {"Mass", "Edema"};
    made.source = "list.csv";
    for (size_t i = 0; i < size; ++i) {
      const bool colour = i % 5 == 4, rgb = colour || i % 2 == 1;
      image::Image picture{20 + static_cast<int>(i % 3), 18, rgb ? 3 : 1, {}};
      for (int p = 0; p < picture.width * picture.height; ++p)
        for (int c = 0; c < picture.channels; ++c)
          picture.pixels.push_back(
              static_cast<uint8_t>(p * 7 + static_cast<int>(i) * 13 + (colour ? c * 50 : 0)));
      const std::string path = (root_ / "images" / fmt::format("{:08}_000.png", i)).string();
      image::write_png(path, picture);
      made.samples.push_back(
          {path, fmt::format("{:08}", i), {i % 2 == 0 ? 1.0F : -1.0F, i % 3 == 0 ? NAN : 0.0F}});
    }
    return made;
  }

  PackOptions options(const std::string& folder) {
    PackOptions made;
    made.folder = (root_ / folder).string();
    made.root = (root_ / "images").string();
    made.size = 16;
    made.shard_bytes = 4 * 16 * 16;  // four pictures
    made.threads = 2;
    return made;
  }

  fs::path root_;
};

TEST_F(PackTest, KeepsPicturesLabelsPatientsAndPathsInTheListsOrder) {
  const Dataset list = dataset(11);
  const PackResult result = pack(list, options("out"));
  EXPECT_EQ(result.packed, 11U);
  EXPECT_TRUE(result.failed.empty());
  const Dataset packed = read_shards((root_ / "out").string());
  EXPECT_EQ(packed.task, list.task);
  EXPECT_EQ(packed.classes, list.classes);
  ASSERT_EQ(packed.size(), list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    const Sample& sample = packed.samples[i];
    EXPECT_EQ(sample.path, fmt::format("{:08}_000.png", i));
    EXPECT_EQ(sample.patient, list.samples[i].patient);
    ASSERT_EQ(sample.labels.size(), 2U);
    EXPECT_EQ(sample.labels[0], list.samples[i].labels[0]);
    EXPECT_EQ(std::isnan(sample.labels[1]), i % 3 == 0);
    const image::Image picture = read_image({}, sample);
    EXPECT_EQ(picture.channels, i % 5 == 4 ? 3 : 1);
    const auto wanted =
        image::resize(image::read(list.samples[i].path).image, 16, 16, Interpolation::bilinear);
    ASSERT_EQ(picture.width, 16);
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 16; ++x)
        for (int c = 0; c < 3; ++c)
          ASSERT_EQ(picture.row(y)[x * picture.channels + c % picture.channels],
                    wanted.row(y)[x * wanted.channels + c % wanted.channels]);
  }
}

TEST_F(PackTest, SizeZeroKeepsTheOriginal) {
  const Dataset list = dataset(3);
  PackOptions given = options("out");
  given.size = 0;
  pack(list, given);
  const Dataset packed = read_shards(given.folder);
  ASSERT_EQ(packed.size(), 3U);
  EXPECT_EQ(read_image(packed, packed.samples[0]).pixels,
            image::read(list.samples[0].path).image.pixels);
  EXPECT_EQ(read_image(packed, packed.samples[2]).width, 22);
}

TEST_F(PackTest, MulticlassAndUnlabelledLists) {
  Dataset list = dataset(5);
  list.task = weights::Task::multiclass;
  for (size_t i = 0; i < 5; ++i) {
    list.samples[i].labels = {};
    list.samples[i].label = static_cast<int>(i % 2);
  }
  pack(list, options("classes"));
  const Dataset packed = read_shards((root_ / "classes").string());
  EXPECT_EQ(packed.task, weights::Task::multiclass);
  EXPECT_EQ(packed.samples.at(3).label, 1);
  EXPECT_TRUE(packed.samples.at(3).labels.empty());

  list.task = weights::Task::multilabel;
  list.classes = {};
  for (Sample& sample : list.samples) sample.label = -1;
  pack(list, options("unlabelled"));
  EXPECT_TRUE(read_shards((root_ / "unlabelled").string()).samples.at(4).labels.empty());
}

TEST_F(PackTest, PartsTogetherAreTheWhole) {
  const Dataset list = dataset(23);
  fs::remove(list.samples[9].path);
  pack(list, options("whole"));
  for (uint32_t part = 1; part <= 3; ++part) {
    PackOptions given = options("parts");
    given.part = part;
    given.parts = 3;
    given.threads = part;
    if (part == 3) {
      EXPECT_THROW(read_shards(given.folder), Error);  // one part is missing
    }
    pack(list, given);
  }
  EXPECT_EQ(content(root_ / "parts"), content(root_ / "whole"));
  EXPECT_EQ(read_shards((root_ / "parts").string()).size(), 22U);
}

TEST_F(PackTest, SkipsAndListsBrokenFilesAndTriesThemAgain) {
  const Dataset list = dataset(9);
  const std::string whole = bytes_of(list.samples[6].path);
  std::ofstream(list.samples[6].path) << "no picture";
  const PackResult result = pack(list, options("out"));
  EXPECT_EQ(result.packed, 8U);
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].position, 6U);
  const std::string failed = bytes_of(root_ / "out" / "failed.csv");
  EXPECT_TRUE(failed.starts_with("path,reason\n00000006_000.png,")) << failed;
  EXPECT_EQ(read_shards((root_ / "out").string()).size(), 8U);

  const PackResult again = pack(list, options("out"));
  EXPECT_EQ(again.packed, 0U);
  EXPECT_EQ(again.kept, 8U);
  EXPECT_EQ(again.failed.size(), 1U);

  std::ofstream(list.samples[6].path, std::ios::binary) << whole;
  const PackResult mended = pack(list, options("out"));
  EXPECT_EQ(mended.packed, 4U);  // the shard it belongs to
  EXPECT_TRUE(mended.failed.empty());
  EXPECT_FALSE(fs::exists(root_ / "out" / "failed.csv"));
  pack(list, options("fresh"));
  EXPECT_EQ(content(root_ / "out"), content(root_ / "fresh"));
}

TEST_F(PackTest, AChangedPictureIsRefusedAndPackedAnewWhenForced) {
  const Dataset list = dataset(9);  // shards of 4, 4 and 1
  pack(list, options("out"));
  const auto before = content(root_ / "out");
  const std::string path = list.samples[6].path;
  const std::string whole = bytes_of(path);
  // Other times are no other picture.
  fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1));
  EXPECT_EQ(pack(list, options("out")).kept, 9U);

  image::write_png(path, {20, 18, 1, std::vector<uint8_t>(20 * 18, 7)});
  const std::string refusal = test::error_of([&] { pack(list, options("out")); });
  EXPECT_CONTAINS(refusal, "found 1 changed, the first 00000006_000.png");
  EXPECT_CONTAINS(refusal, "--force");
  EXPECT_EQ(content(root_ / "out"), before);

  PackOptions forced = options("out");
  forced.repack = true;
  const PackResult result = pack(list, forced);
  EXPECT_EQ(result.packed, 4U);  // the shard it belongs to
  EXPECT_EQ(result.kept, 5U);
  pack(list, options("fresh"));
  EXPECT_EQ(content(root_ / "out"), content(root_ / "fresh"));

  // A part looks at its own shards alone.
  std::ofstream(path, std::ios::binary) << whole;
  PackOptions part = options("out");
  part.parts = 2;
  EXPECT_EQ(pack(list, part).kept, 5U);
  fs::remove(path);
  EXPECT_THROW(pack(list, options("out")), Error);
}

// As evax wrote them before.
TEST_F(PackTest, ShardsWithoutFingerprintsOfPicturesAreKept) {
  const Dataset list = dataset(2);
  pack(list, options("out"));
  const std::string path = (root_ / "out" / shard_name(0)).string();
  ShardDescription description = Shard::open(path)->description();
  ASSERT_EQ(description.pictures.size(), 2U);
  EXPECT_NE(description.pictures[0], description.pictures[1]);
  std::string bytes = bytes_of(path);
  const std::string key = "\"pictures\":[";
  const size_t at = bytes.rfind(key);
  ASSERT_NE(at, std::string::npos);
  // The description is the file's end: its length and the checksums follow.
  bytes = bytes.substr(0, at - 1) + "}";
  ShardHeader header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  const size_t removed = bytes_of(path).size() - bytes.size();
  header.description_bytes -= static_cast<uint32_t>(removed);
  header.tail_crc = crc32_of(bytes.data() + header.tail_offset, bytes.size() - header.tail_offset);
  header.header_crc = crc32_of(&header, sizeof header - sizeof header.header_crc);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::ofstream(path, std::ios::binary) << bytes;

  image::write_png(list.samples[1].path, {20, 18, 1, std::vector<uint8_t>(20 * 18, 7)});
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(pack(list, options("out")).kept, 2U);
  EXPECT_CONTAINS(::testing::internal::GetCapturedStderr(), "changed images are not detected");
}

TEST_F(PackTest, NoReadableFileIsAnErrorUnlessItMayBe) {
  const Dataset list = dataset(3);
  for (const Sample& sample : list.samples) fs::remove(sample.path);
  EXPECT_THROW(pack(list, options("out")), Error);
  PackOptions given = options("out");
  given.may_be_empty = true;
  EXPECT_EQ(pack(list, given).failed.size(), 3U);
}

TEST_F(PackTest, ATableBesideEachShardHasARowForEverySample) {
  const Dataset list = dataset(6);
  fs::remove(list.samples[5].path);
  PackOptions given = options("out");
  given.name = [](size_t position) { return fmt::format("list,{}", position); };
  given.table.columns = {"width", "packed"};
  given.table.row = [](const image::Image& read, const image::Image& packed) {
    return std::vector{fmt::format("{}", read.width), fmt::format("{}", packed.width)};
  };
  pack(list, given);
  const std::string first = bytes_of(root_ / "out" / "00000.csv");
  EXPECT_EQ(first,
            "path,reason,width,packed\n\"list,0\",,20,16\n\"list,1\",,21,16\n"
            "\"list,2\",,22,16\n\"list,3\",,20,16\n");
  const std::string second = bytes_of(root_ / "out" / "00001.csv");
  EXPECT_NE(second.find("\"list,5\",No such file or directory,,\n"), std::string::npos) << second;
  EXPECT_EQ(read_shards(given.folder).samples.at(4).path, "list,4");

  // A shard whose table is gone is redone.
  fs::remove(root_ / "out" / "00000.csv");
  EXPECT_EQ(pack(list, given).packed, 4U);
  EXPECT_EQ(bytes_of(root_ / "out" / "00000.csv"), first);
}

TEST_F(PackTest, RefusesAFolderOfAnotherPacking) {
  Dataset list = dataset(5);
  pack(list, options("out"));
  PackOptions other = options("out");
  other.size = 8;
  EXPECT_THROW(pack(list, other), Error);
  list.samples[0].labels[0] = 0;
  EXPECT_THROW(pack(list, options("out")), Error);
}

TEST_F(PackTest, DamagedShardsAreRefusedOrLeftOut) {
  const Dataset list = dataset(11);  // shards of 4, 4 and 3
  fs::remove(list.samples[9].path);
  pack(list, options("out"));
  const std::string folder = (root_ / "out").string();
  const int lost[] = {4, 4, 3};
  for (uint32_t shard = 0; shard < 3; ++shard) {
    const std::string path = (root_ / "out" / shard_name(shard)).string();
    const std::string whole = bytes_of(path);
    const std::string bytes[] = {"", whole.substr(0, 100), "x" + whole.substr(1),
                                 whole.substr(0, whole.size() - 9) + std::string(9, 'x')};
    for (const std::string& damaged : bytes) {
      std::ofstream(path, std::ios::binary) << damaged;
      EXPECT_THROW(read_shards(folder), Error);
      std::vector<std::string> notes;
      EXPECT_EQ(read_shards(folder, &notes).size(), 10U - (shard == 2 ? 2 : 4));
      ASSERT_EQ(notes.size(), 1U);
      EXPECT_TRUE(notes[0].starts_with(path + ": ")) << notes[0];
      const std::string end = fmt::format("; its {} images are left out", lost[shard]);
      EXPECT_TRUE(notes[0].ends_with(end)) << notes[0];
    }
    fs::remove(path);  // missing is not damaged
    std::vector<std::string> notes;
    EXPECT_THROW(read_shards(folder, &notes), Error);
    std::ofstream(path, std::ios::binary) << whole;
  }
  for (uint32_t shard = 0; shard < 3; ++shard) std::ofstream(root_ / "out" / shard_name(shard));
  std::vector<std::string> notes;
  EXPECT_THROW(read_shards(folder, &notes), Error);  // nothing is left
}

TEST_F(PackTest, AKilledPackingGoesOnAndGivesTheSameBytes) {
  const Dataset list = dataset(200);
  pack(list, options("whole"));
  int unfinished = 0;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const pid_t child = ::fork();
    if (child == 0) {
      pack(list, options("killed"));
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + 2 * attempt));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) ++unfinished;
    if (!fs::exists(root_ / "killed")) continue;
    for (const auto& [name, bytes] : content(root_ / "killed")) {
      const bool whole = !name.ends_with(".shard") || bytes == bytes_of(root_ / "whole" / name);
      EXPECT_TRUE(whole) << name;
    }
  }
  EXPECT_GT(unfinished, 0);
  pack(list, options("killed"));
  EXPECT_EQ(content(root_ / "killed"), content(root_ / "whole"));
}

}  // namespace
}  // namespace evax::data
