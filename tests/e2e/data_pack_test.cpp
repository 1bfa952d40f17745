// `evax data pack`, `evax data bench` and `evax info` on shards, with the demonstration's X-rays.

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

std::map<std::string, std::string> content(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read(entry.path());
  return files;
}

// A data set of copies of the demonstration's X-rays, and a TOML file that describes it.
class DataPack : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder.file("images"));
    std::string list = "path,patient,Mass,Edema\n";
    std::vector<fs::path> sources;
    for (const auto& entry : fs::directory_iterator(source_file("demo/xrays")))
      sources.push_back(entry.path());
    std::sort(sources.begin(), sources.end());
    for (int copy = 0; copy < 5; ++copy)
      for (size_t i = 0; i < sources.size(); ++i) {
        const std::string name =
            std::to_string(copy) + "_" + std::to_string(i) + sources[i].extension().string();
        fs::copy_file(sources[i], folder.file("images/" + name));
        list += name + ",p" + std::to_string(i) + (copy == 0 ? ",-1" : ",1") + ",0\n";
        ++images;
      }
    write(folder.file("train.csv"), list);
    write(folder.file("test.csv"), "path,Mass,Edema\n0_0.png,1,0\n");
    dataset = folder.file("dataset.toml");
    write(dataset, "[data]\nkind = \"csv\"\nimages = \"" + folder.file("images") +
                       "\"\ntrain = \"" + folder.file("train.csv") + "\"\ntest = \"" +
                       folder.file("test.csv") + "\"\n");
  }

  // Three 64 x 64 pictures a shard.
  Arguments pack(const std::string& output, const Arguments& more = {}) const {
    Arguments arguments{"data",   "pack", dataset,         "-o",   folder.file(output),
                        "--size", "64",   "--shard-bytes", "12288"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const Folder folder;
  std::string dataset;
  size_t images = 0;
};

TEST_F(DataPack, InfoDescribesWhatWasPacked) {
  const Process run = evax(pack("out"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out_lines().size(), 2U) << run.out;
  const Process info = evax({"info", folder.file("out"), "--json"});
  ASSERT_EQ(info.exit_code, 0) << info.err;
  const Json train = Json::parse(info.out)["train"];
  EXPECT_EQ(train["images"], images);
  EXPECT_EQ(train["size"], 64);
  EXPECT_EQ(train["shards"], (images + 2) / 3);
  EXPECT_EQ(train["missing_shards"], 0);
  EXPECT_EQ(train["classes"], (Json{"Mass", "Edema"}));
  EXPECT_EQ(train["positives"]["Mass"], images / 5 * 4);
  EXPECT_EQ(train["uncertain_labels"], images / 5);
  EXPECT_EQ(Json::parse(info.out)["test"]["images"], 1);
  EXPECT_EQ(evax({"info", folder.file("out/test")}).exit_code, 0);

  const Process again = evax(pack("out"));
  EXPECT_NE(again.out.find("0 images packed, 40 were there already"), std::string::npos)
      << again.out;
}

TEST_F(DataPack, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  ASSERT_EQ(evax(pack("whole")).exit_code, 0);
  int killed = 0;
  for (double limit = 0.01; limit < 1.5; limit *= 1.6)
    if (evax(pack("killed"), limit).exit_code == 137) ++killed;
  EXPECT_GT(killed, 0);
  ASSERT_EQ(evax(pack("killed")).exit_code, 0);
  EXPECT_TRUE(content(folder.file("killed")) == content(folder.file("whole")));
}

TEST_F(DataPack, PartsMakeTheWhole) {
  ASSERT_EQ(evax(pack("whole")).exit_code, 0);
  for (const char* part : {"1/3", "2/3", "3/3"})
    EXPECT_EQ(evax(pack("parts", {"--part", part})).exit_code, 0) << part;
  EXPECT_TRUE(content(folder.file("parts")) == content(folder.file("whole")));
}

TEST_F(DataPack, AChangedPictureIsNotKept) {
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  const auto before = content(folder.file("out"));
  fs::copy_file(folder.file("images/2_1.png"), folder.file("images/0_0.png"),
                fs::copy_options::overwrite_existing);
  const Process refused = evax(pack("out"));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("the first 0_0.png (--force packs their shards again)"),
            std::string::npos)
      << refused.err;
  EXPECT_TRUE(content(folder.file("out")) == before);
  const Process forced = evax(pack("out", {"--force"}));
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  ASSERT_EQ(evax(pack("fresh")).exit_code, 0);
  EXPECT_TRUE(content(folder.file("out")) == content(folder.file("fresh")));
}

TEST_F(DataPack, BrokenFilesAreSkippedAndListed) {
  write(folder.file("images/2_3.jpg"), "no picture");
  fs::remove(folder.file("images/1_1.png"));
  const Process run = evax(pack("out"));
  EXPECT_EQ(run.exit_code, 3) << run.err;
  const auto failed = read_csv(read(folder.file("out/train/failed.csv")));
  ASSERT_EQ(failed.size(), 3U);
  EXPECT_EQ(failed[1][0], "1_1.png");
  EXPECT_EQ(failed[2][0], "2_3.jpg");
  const Json info = Json::parse(evax({"info", folder.file("out"), "--json"}).out);
  EXPECT_EQ(info["train"]["unreadable"], 2);
  EXPECT_EQ(info["train"]["images"], images - 2);
}

TEST_F(DataPack, DamagedShardsAreRefusedWithOneSentence) {
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  const std::string shard = folder.file("out/train/00002.shard");
  const std::string whole = read(shard);
  std::string flipped = whole;
  flipped[whole.size() - 10] = static_cast<char>(flipped[whole.size() - 10] ^ 1);
  for (const std::string& bytes :
       {std::string(), whole.substr(0, 50), whole.substr(0, whole.size() - 1), whole + "x", flipped,
        "text" + whole}) {
    write(shard, bytes);
    for (const Process& run : {evax({"info", folder.file("out")}), evax(pack("out"))}) {
      EXPECT_EQ(run.exit_code, 1) << run.err;
      EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
      EXPECT_NE(run.err.find("00002.shard"), std::string::npos) << run.err;
      EXPECT_LT(run.peak_kib, 500'000);
    }
  }
  fs::remove(shard);
  EXPECT_EQ(Json::parse(evax({"info", folder.file("out/train"), "--json"}).out)["missing_shards"],
            1);
  EXPECT_EQ(evax(pack("out")).exit_code, 0);
  EXPECT_TRUE(read(shard) == whole);
}

TEST_F(DataPack, WrongUsageAndOtherListsAreRefused) {
  for (const char* part : {"0/3", "4/3", "1", "1/", "a/b", "1/3x", "-1/3"})
    EXPECT_EQ(evax(pack("out", {"--part", part})).exit_code, 2) << part;
  EXPECT_EQ(evax(pack("out", {"--size", "-1"})).exit_code, 2);
  EXPECT_EQ(evax({"data", "pack", dataset}).exit_code, 2);
  EXPECT_EQ(evax({"data"}).exit_code, 2);
  EXPECT_EQ(evax({"data", "pack", folder.file("none.toml"), "-o", folder.file("out")}).exit_code,
            1);
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  const Process other = evax({"data", "pack", dataset, "-o", folder.file("out"), "--size", "32"});
  EXPECT_EQ(other.exit_code, 1) << other.err;
  EXPECT_NE(other.err.find("out/train"), std::string::npos) << other.err;
}

TEST_F(DataPack, BenchMeasuresFilesAndShards) {
  const Process run =
      evax({"data", "bench", dataset, "--count", "8", "--seconds", "0.1", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json rows = Json::parse(run.out);
  ASSERT_GE(rows.size(), 4U);
  for (const Json& row : rows) {
    EXPECT_GT(row["images_per_second"], 0);
    EXPECT_EQ(row["decode_ms"] > 0, row["source"] == "files");
  }
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  write(folder.file("shards.toml"),
        "[data]\nkind = \"shards\"\nimages = \"" + folder.file("out") + "\"\ntrain = \"train\"\n");
  const Process packed = evax(
      {"data", "bench", folder.file("shards.toml"), "--count", "8", "--seconds", "0.1", "--json"});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  for (const Json& row : Json::parse(packed.out)) EXPECT_EQ(row["source"], "shards");
}

TEST(DataPackShared, FolderOfClasses) {
  const std::string images = shared_file("data/classification/covid3_512");
  if (!fs::exists(images)) GTEST_SKIP() << images << " is not here";
  const Folder folder;
  write(folder.file("d.toml"), "[data]\nkind = \"folder\"\nimages = \"" + images + "\"\n");
  const Process run = evax({"data", "pack", folder.file("d.toml"), "-o", folder.file("out")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json info = Json::parse(evax({"info", folder.file("out"), "--json"}).out)["train"];
  EXPECT_EQ(info["task"], "multiclass");
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(images))
    if (entry.is_regular_file()) ++files;
  EXPECT_EQ(info["images"], files);
  EXPECT_EQ(info["size"], 336);
}

}  // namespace
}  // namespace evax::e2e
