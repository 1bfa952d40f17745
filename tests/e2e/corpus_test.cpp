// A corpus from several data sets: `evax data pack` of the kind merged, `evax data merge`, and what
// reads the result.

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Arguments = std::vector<std::string>;
using Rows = std::vector<std::vector<std::string>>;

std::map<std::string, std::string> content(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read(entry.path());
  return files;
}

// Of manifest.csv or excluded.csv: "SOURCE/PATH" -> the row.
std::map<std::string, std::vector<std::string>> by_name(const std::string& file, size_t path) {
  std::map<std::string, std::vector<std::string>> rows;
  Rows all = read_csv(read(file));
  for (size_t i = 1; i < all.size(); ++i) rows[all[i][0] + "/" + all[i][path]] = all[i];
  return rows;
}

std::string table(const std::string& name, const std::string& body) {
  return "[data." + name + "]\n" + body;
}

// The demonstration's X-rays, by the names that an NIH folder has for them here (images are known
// by their content), and their copies elsewhere: tests/fixtures/corpus has some of 00001368_000.png
// that Pillow made (tools/oracles/corpus.py).
constexpr std::pair<const char*, const char*> sources[] = {
    {"00001368_000.png", "00001368_000.png"},
    {"00001962_000.png", "00001962_000.png"},
    {"IM-0003-0001.jpg", "00002001_000.png"},
    {"IM-0115-0001.jpg", "00002002_000.png"},
    {"person1004_virus_1686.jpg", "00002003_000.png"}};

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder.file("nih/images_001/images"));
    fs::create_directories(folder.file("other/sub"));
    std::string list =
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View "
        "Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n";
    const auto add = [&](const std::string& name, const std::string& view) {
      list += name + ",No Finding,0," + std::to_string(std::stoi(name.substr(0, 8))) + ",57Y,M," +
              view + ",2682,2749,0.143,0.143,\n";
    };
    for (const auto& [file, name] : sources) {
      fs::copy_file(source_file(std::string("demo/xrays/") + file),
                    folder.file(std::string("nih/images_001/images/") + name));
      add(name, "PA");
      xrays.emplace_back(name);
    }
    add("00009999_000.png", "PA");  // no such file
    add("00009999_001.png", "LATERAL");
    write(folder.file("nih/Data_Entry_2017.csv"), list);
    corpus =
        "[data]\nkind = \"merged\"\n" +
        table("source.nih", "kind = \"cxr14\"\nimages = \"" + folder.file("nih") + "\"\nlist = \"" +
                                folder.file("nih/Data_Entry_2017.csv") + "\"\n") +
        table("source.other", "kind = \"folder\"\nimages = \"" + folder.file("other") + "\"\n");
  }

  void copy_to_other(const std::string& file, const std::string& name) const {
    fs::copy_file(file, folder.file("other/" + name));
  }

  // Two pictures a shard.
  Arguments pack(const std::string& output, const Arguments& more = {}) const {
    write(folder.file("corpus.toml"), corpus);
    Arguments arguments{"data",
                        "pack",
                        folder.file("corpus.toml"),
                        "-o",
                        folder.file(output),
                        "--size",
                        "64",
                        "--shard-bytes",
                        "8192"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  auto manifest(const std::string& output) const {
    return by_name(folder.file(output + "/manifest.csv"), 4);
  }
  auto excluded(const std::string& output) const {
    return by_name(folder.file(output + "/excluded.csv"), 1);
  }

  const Folder folder;
  std::vector<std::string> xrays;
  std::string corpus;
};

const std::string compressed = source_file("tests/fixtures/corpus/00001368_000_q60.jpg");
const std::string brighter = source_file("tests/fixtures/corpus/00001368_000_brighter.jpg");
const std::string original = "00001368_000.png";

TEST_F(Corpus, CopiesAreLeftOutAndTheFirstSourcesStays) {
  copy_to_other(compressed, "a.jpg");
  copy_to_other(source_file("demo/xrays/" + original), "sub/b.png");
  const Process run = evax(pack("out"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto kept = manifest("out");
  EXPECT_EQ(kept.size(), xrays.size());
  for (const std::string& name : xrays) {
    ASSERT_TRUE(kept.contains("nih/" + name)) << name;
    EXPECT_EQ(kept.at("nih/" + name)[1], name.substr(0, 8));
    EXPECT_EQ(kept.at("nih/" + name)[2], "PA");
  }
  const auto out = excluded("out");
  EXPECT_EQ(out.at("other/a.jpg")[2], "near_identical");
  EXPECT_TRUE(out.at("other/a.jpg")[3].starts_with("nih/" + original + " ("));
  EXPECT_EQ(out.at("other/sub/b.png")[2], "identical");
  EXPECT_EQ(out.at("other/sub/b.png")[3], "nih/" + original);
  EXPECT_EQ(out.at("nih/00009999_000.png")[2], "missing");
  EXPECT_EQ(out.at("nih/00009999_001.png")[2], "not_frontal");

  const Json report = Json::parse(read(folder.file("out/report.json")));
  EXPECT_EQ(report["images"], xrays.size());
  EXPECT_EQ(report["sources"]["nih"]["listed"], xrays.size() + 2);
  EXPECT_EQ(report["sources"]["nih"]["excluded"], (Json{{"not_frontal", 1}, {"missing", 1}}));
  EXPECT_EQ(report["sources"]["other"]["kept"], 0);
  EXPECT_NE(run.out.find("near_identical"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("other: 2 images without a view are taken as frontal"), std::string::npos)
      << run.err;

  corpus.insert(corpus.find("kind"), "duplicates = \"identical\"\n");
  ASSERT_EQ(evax(pack("out")).exit_code, 0);  // only decided anew
  EXPECT_TRUE(manifest("out").contains("other/a.jpg"));
  EXPECT_FALSE(manifest("out").contains("other/sub/b.png"));
}

TEST_F(Corpus, TestImagesAreFoundByListAndByTheirLooks) {
  copy_to_other(compressed, "a.jpg");
  copy_to_other(brighter, "00000777_000.jpg");
  copy_to_other(source_file("demo/xrays/IM-0003-0001.jpg"), "00000777_001.jpg");
  write(folder.file("test_list.txt"), original + "\n");
  corpus += table("exclude.nih_test", "lists = [\"" + folder.file("test_list.txt") + "\"]\n");
  const Process run = evax(pack("out"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto out = excluded("out");
  EXPECT_EQ(out.at("nih/" + original)[2], "test_list");
  EXPECT_EQ(out.at("nih/" + original)[3], "nih_test");
  for (const char* copy : {"other/a.jpg", "other/00000777_000.jpg"}) {
    EXPECT_EQ(out.at(copy)[2], "test_image");
    EXPECT_TRUE(out.at(copy)[3].starts_with("nih_test/" + original + " (")) << out.at(copy)[3];
  }
  // The other image of the patient whose image turned out to be one of the test.
  EXPECT_EQ(out.at("other/00000777_001.jpg")[2], "test_patient");
  EXPECT_EQ(manifest("out").size(), xrays.size() - 1);
  const Json report = Json::parse(read(folder.file("out/report.json")));
  EXPECT_EQ(report["tests"]["nih_test"], (Json{{"named", 1}, {"compared", 1}, {"absent", 0}}));

  // Not a pixel of it is in the shards.
  const Json info = Json::parse(evax({"info", folder.file("out"), "--json"}).out);
  EXPECT_EQ(info["images"], xrays.size() - 1 + 3);
}

TEST_F(Corpus, MeanAndDeviationAreThoseOfTheImagesThatStay) {
  copy_to_other(compressed, "a.jpg");
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  const Json report = Json::parse(read(folder.file("out/report.json")));
  const Process stats =
      evax({"data", "stats", "--kind", "merged", "--images", folder.file("out"), "--json"});
  ASSERT_EQ(stats.exit_code, 0) << stats.err;
  const Json list = Json::parse(stats.out)["lists"][0];
  EXPECT_EQ(list["images"], xrays.size());
  EXPECT_EQ(list["patients"], xrays.size());
  EXPECT_NEAR(report["mean"].get<double>(), list["mean"][0].get<double>(), 1e-12);
  EXPECT_NEAR(report["std"].get<double>(), list["std"][0].get<double>(), 1e-9);
}

TEST_F(Corpus, PartsMakeTheWhole) {
  copy_to_other(compressed, "a.jpg");
  copy_to_other(brighter, "b.jpg");
  write(folder.file("other/broken.png"), "\x89PNG\r\n\x1a\n");
  write(folder.file("test_list.txt"), original + "\n" + xrays[1] + "\n");
  corpus += table("exclude.t", "lists = [\"" + folder.file("test_list.txt") + "\"]\n");
  EXPECT_EQ(evax(pack("whole")).exit_code, 3);
  EXPECT_EQ(excluded("whole").at("other/broken.png")[2], "unreadable");
  for (const char* part : {"3/3", "1/3"}) {
    const Process run = evax(pack("parts", {"--part", part, "--threads", "3"}));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NE(run.out.find("evax data merge " + folder.file("parts")), std::string::npos);
  }
  const Process early = evax({"data", "merge", folder.file("parts")});
  EXPECT_EQ(early.exit_code, 1);
  EXPECT_NE(early.err.find("00001.shard is missing (is every part packed?)"), std::string::npos)
      << early.err;
  EXPECT_EQ(evax(pack("parts", {"--part", "2/3"})).exit_code, 0);
  EXPECT_EQ(evax({"data", "merge", folder.file("parts")}).exit_code, 3);
  EXPECT_TRUE(content(folder.file("parts")) == content(folder.file("whole")));
}

TEST_F(Corpus, PartsOfTwoCorporaAreNotMerged) {
  copy_to_other(brighter, "b.jpg");
  ASSERT_EQ(evax(pack("out", {"--part", "1/2"})).exit_code, 0);
  copy_to_other(compressed, "a.jpg");
  const Process run = evax(pack("out", {"--part", "2/2"}));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("corpus.csv: expected what the other parts of this corpus wrote"),
            std::string::npos)
      << run.err;
  ASSERT_EQ(evax(pack("other_out", {"--part", "2/2"})).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(folder.file("other_out")))
    fs::copy(entry.path(), folder.file("out/" + entry.path().filename().string()),
             fs::copy_options::overwrite_existing);
  const Process merge = evax({"data", "merge", folder.file("out")});
  EXPECT_EQ(merge.exit_code, 1);
  EXPECT_NE(merge.err.find("expected shards of one packing"), std::string::npos) << merge.err;
}

TEST_F(Corpus, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  for (int i = 0; i < 30; ++i) copy_to_other(brighter, std::to_string(i) + ".jpg");
  write(folder.file("test_list.txt"), xrays[1] + "\n");
  corpus += table("exclude.t", "lists = [\"" + folder.file("test_list.txt") + "\"]\n");
  ASSERT_EQ(evax(pack("whole")).exit_code, 0);
  int killed = 0;
  for (double limit = 0.01; limit < 1; limit *= 1.5)
    if (evax(pack("killed"), limit).exit_code == 137) ++killed;
  EXPECT_GT(killed, 0);
  ASSERT_EQ(evax(pack("killed")).exit_code, 0);
  EXPECT_TRUE(content(folder.file("killed")) == content(folder.file("whole")));
}

TEST_F(Corpus, BadInputGetsOneSentence) {
  const auto refused = [&](const Process& run, const std::string& part) {
    EXPECT_EQ(run.exit_code, 1) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  };
  refused(evax(pack("out")), "data.source.other: expected images, found none");
  refused(evax({"data", "pack", "--kind", "merged", "-o", folder.file("out")}),
          "[data.source.NAME]");
  refused(evax({"data", "merge", folder.file("none")}), "none/corpus.json");
  copy_to_other(compressed, "a.jpg");
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  const Arguments stats{"data", "stats", "--kind", "merged", "--images", folder.file("out")};
  refused(evax({"data", "stats", "--kind", "shards", "--images", folder.file("out")}),
          "expected data.kind = \"merged\" for a corpus");

  // What belongs to another packing, or is damaged, is named.
  for (const char* name : {"corpus.json", "corpus.csv", "00001.csv", "00001.shard"}) {
    const std::string path = folder.file(std::string("out/") + name);
    const std::string whole = read(path);
    fs::remove(path);
    refused(evax({"data", "merge", folder.file("out")}), name);
    for (const std::string& bytes :
         {std::string(), whole.substr(0, whole.size() / 2), whole.substr(whole.size() / 2)}) {
      write(path, bytes);
      const Process run = evax({"data", "merge", folder.file("out")});
      EXPECT_EQ(run.exit_code, 1) << name << run.err;
      EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    }
    write(path, whole);
  }
  ASSERT_EQ(evax({"data", "merge", folder.file("out")}).exit_code, 0);
  ASSERT_EQ(evax(stats).exit_code, 0);

  // A manifest that the shards do not agree with.
  const std::string manifest_path = folder.file("out/manifest.csv");
  std::string manifest_text = read(manifest_path);
  std::swap(manifest_text[manifest_text.size() - 2], manifest_text[manifest_text.size() - 4]);
  write(manifest_path, manifest_text);
  refused(evax(stats), "evax data merge " + folder.file("out"));
  fs::remove(manifest_path);
  refused(evax(stats), "expected a corpus's manifest.csv, found none");
}

TEST_F(Corpus, DamagedShardsAreRefusedOrLeftOut) {
  copy_to_other(compressed, "a.jpg");
  ASSERT_EQ(evax(pack("out")).exit_code, 0);
  size_t inside = 0;
  for (const auto& [name, row] : manifest("out")) inside += row[5] == "1" ? 1 : 0;
  ASSERT_GT(inside, 0U);
  const std::string shard = folder.file("out/00001.shard");
  write(shard, read(shard).substr(0, 1000));
  write(folder.file("train.toml"),
        "[data]\nkind = \"merged\"\nimages = \"" + folder.file("out") + "\"\nval_fraction = 0\n");
  const Process refused = evax({"data", "stats", folder.file("train.toml")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("00001.shard"), std::string::npos) << refused.err;
  write(folder.file("train.toml"), read(folder.file("train.toml")) + "corrupted = \"skip\"\n");
  const Process skipped = evax({"data", "stats", folder.file("train.toml"), "--json"});
  ASSERT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_NE(skipped.err.find("00001.shard"), std::string::npos) << skipped.err;
  EXPECT_NE(skipped.err.find("its " + std::to_string(inside) + " images are left out"),
            std::string::npos)
      << skipped.err;
  EXPECT_EQ(Json::parse(skipped.out)["lists"][0]["images"], xrays.size() - inside);
}

// ChestX-ray14 itself has one X-ray twice, as two visits of a patient (00002658_001, 00002658_002:
// tools/oracles/perceptual_hash.py finds them 0 bits apart, and the next two images 34).
TEST(CorpusShared, ACopyInsideADataSetIsFoundAndNothingElse) {
  const std::string images = shared_file("data/classification/covid3_512");
  if (!fs::exists(images)) GTEST_SKIP() << images << " is not here";
  const Folder folder;
  write(folder.file("corpus.toml"),
        "[data]\nkind = \"merged\"\n" +
            table("source.covid", "kind = \"folder\"\nimages = \"" + images + "\"\n"));
  const Process run = evax({"data", "pack", folder.file("corpus.toml"), "-o", folder.file("out")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto excluded = by_name(folder.file("out/excluded.csv"), 1);
  ASSERT_EQ(excluded.size(), 1U) << run.out;
  EXPECT_EQ(excluded.begin()->first, "covid/No_findings/00002658_002.jpg");
  EXPECT_TRUE(excluded.begin()->second[3].starts_with("covid/No_findings/00002658_001.jpg"));
}

// Real X-rays: the images of the NIH's boxes (1024 px) are the test, and some of them are in the
// corpus as others published them (512 px, JPEG or PNG).
TEST(CorpusShared, TestImagesOfAnotherSizeAreFound) {
  const std::string tests = shared_file("data/localization/nih_bbox_1024");
  const std::string images = shared_file("data/classification/nih_cxr14_512");
  const std::string list = shared_file("data/metadata/Data_Entry_2017_v2020.csv.gz");
  for (const std::string& path : {tests, images, list})
    if (!fs::exists(path)) GTEST_SKIP() << path << " is not here";
  const auto stems = [](const std::string& folder) {
    std::map<std::string, std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      names[entry.path().stem()] = entry.path().filename();
    return names;
  };
  const auto test_names = stems(tests);
  const Folder folder;
  write(folder.file("corpus.toml"),
        "[data]\nkind = \"merged\"\n" +
            table("source.nih", "kind = \"folder\"\nimages = \"" + images + "\"\n") +
            table("exclude.boxes", "patients = false\nimages = \"" + tests + "\"\n"));
  const Process run = evax({"data", "pack", folder.file("corpus.toml"), "-o", folder.file("out")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto excluded = by_name(folder.file("out/excluded.csv"), 1);
  const auto kept = by_name(folder.file("out/manifest.csv"), 4);
  size_t twins = 0;
  for (const auto& [stem, name] : stems(images)) {
    const auto twin = test_names.find(stem);
    EXPECT_EQ(kept.contains("nih/" + name), twin == test_names.end()) << name;
    if (twin == test_names.end()) continue;
    ++twins;
    ASSERT_TRUE(excluded.contains("nih/" + name)) << name;
    EXPECT_EQ(excluded.at("nih/" + name)[2], "test_image");
    EXPECT_TRUE(excluded.at("nih/" + name)[3].starts_with("boxes/" + twin->second + " ("))
        << excluded.at("nih/" + name)[3];
  }
  EXPECT_GT(twins, 0U);

  // The whole list of the NIH, most of whose images are not here.
  write(folder.file("corpus.toml"),
        "[data]\nkind = \"merged\"\n" +
            table("source.nih",
                  "kind = \"cxr14\"\nimages = \"" + images + "\"\nlist = \"" + list + "\"\n") +
            table("exclude.nih_test",
                  "lists = [\"" + shared_file("data/metadata/nih_test_list.txt") + "\"]\n"));
  const Process whole =
      evax({"data", "pack", folder.file("corpus.toml"), "-o", folder.file("whole")});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const Json nih = Json::parse(read(folder.file("whole/report.json")))["sources"]["nih"];
  EXPECT_EQ(nih["listed"], 112120);
  EXPECT_EQ(nih["excluded"]["test_list"], 25596);
  EXPECT_EQ(nih["listed"], nih["kept"].get<int>() + nih["excluded"]["test_list"].get<int>() +
                               nih["excluded"]["missing"].get<int>());
  EXPECT_LT(whole.peak_kib, 400'000);
}

}  // namespace
}  // namespace evax::e2e
