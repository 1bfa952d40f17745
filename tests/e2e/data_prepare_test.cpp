// `evax data prepare` on DICOM files and masks of every sort, and the lists it makes.

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class DataPrepare : public testing::Test {
 protected:
  // 1024 x 1024 pixels.
  void dicom(const std::string& name) const {
    copy("tests/fixtures/dicom/files/real/SIIM_cxr_jpegbaseline_mono2.dcm", name);
  }

  // 7 x 5 pixels.
  void mask(const std::string& kind, const std::string& name) const {
    copy("tests/fixtures/seg/data/masks/" + kind + ".png", name);
  }

  void copy(const std::string& source, const std::string& name) const {
    fs::create_directories(fs::path(folder.file(name)).parent_path());
    fs::copy_file(source_file(source), folder.file(name));
  }

  Process prepare(const std::string& kind, const Words& sources, const Words& more = {}) const {
    Words words{"data", "prepare", kind, "-o", folder.file("out")};
    for (const std::string& source : sources) words.push_back(folder.file(source));
    words.insert(words.end(), more.begin(), more.end());
    return evax(words);
  }

  // But for the log, whose lines stand in the order in which threads finish.
  std::map<std::string, std::string> written() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder.file("out")))
      if (entry.is_regular_file() && entry.path().filename() != "prepared.txt")
        files[fs::relative(entry.path(), folder.file("out")).string()] = read(entry.path());
    return files;
  }

  const Folder folder;
};

size_t lines_with(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST_F(DataPrepare, SiimBecomesTwoListsThatCheckReads) {
  for (const char* name : {"1.1", "1.2", "1.3", "1.9"})
    dicom(std::string("dicom/") + name + ".dcm");
  write(folder.file("rle.csv"),
        "ImageId, EncodedPixels\n1.1, 100 50 300 7\n1.2, 5 5\n1.2, 100 440\n1.3,-1\n1.9, 9 9\n");
  write(folder.file("train.txt"), "1.1\n");
  write(folder.file("test.txt"), "1.2");
  const Process run =
      prepare("siim", {"rle.csv", "dicom"},
              {"--train-list", folder.file("train.txt"), "--test-list", folder.file("test.txt")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("classes: pneumothorax"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("1 images without target are left out"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("1 images are in neither list"), std::string::npos) << run.err;
  const auto files = written();
  ASSERT_EQ(files.size(), 6U);
  EXPECT_EQ(files.at("train.csv"), "path,mask\nimages/1.1.png,masks/1.1.png\n");
  EXPECT_EQ(files.at("test.csv"), "path,mask\nimages/1.2.png,masks/1.2.png\n");

  const Process check = evax({"data", "check", "--kind", "csv", "--test",
                              folder.file("out/test.csv"), "--classes", "pneumothorax", "--json"});
  ASSERT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(Json::parse(check.out)["lists"][0]["classes"]["pneumothorax"]["positive"], 1);

  const Words lists{"--train-list", folder.file("train.txt"), "--test-list",
                    folder.file("test.txt")};
  ASSERT_EQ(prepare("siim", {"rle.csv", "dicom"}, lists).exit_code, 0);
  EXPECT_TRUE(written() == files);  // started again, the same bytes
  Words last = lists;
  last.insert(last.end(), {"--annotations", "last"});
  ASSERT_EQ(prepare("siim", {"rle.csv", "dicom"}, last).exit_code, 0);
  EXPECT_FALSE(written().at("masks/1.2.png") == files.at("masks/1.2.png"));
  EXPECT_TRUE(written().at("masks/1.1.png") == files.at("masks/1.1.png"));
}

TEST_F(DataPrepare, BadRunsBoxesAndFilesAreNamedAndTheRestIsDone) {
  for (const char* name : {"a", "b", "c"}) dicom(std::string("dicom/") + name + ".dcm");
  write(folder.file("dicom/d.dcm"), "no DICOM file");
  write(folder.file("boxes.csv"),
        "patientId,x,y,width,height,Target\n"
        "a,10,10,50,60,1\nb,1000,10,50,60,1\nc,,,,,0\nd,1,1,2,2,1\ne,1,1,2,2,1\n");
  const Process run = prepare("rsna", {"boxes.csv", "dicom"});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_EQ(lines_with(run.err, "error: "), 3U) << run.err;
  EXPECT_NE(
      run.err.find("boxes.csv line 3: expected a box within 1024 x 1024 pixels, found x 1000"),
      std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("d.dcm: expected a PNG, JPEG or DICOM image"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("expected the image e below"), std::string::npos) << run.err;
  EXPECT_EQ(read(folder.file("out/all.csv")), "path,mask,patient\nimages/a.png,masks/a.png,a\n");

  write(folder.file("rle.csv"), "ImageId, EncodedPixels\na, 1048575 2\nb, 1 1\n");
  const Process siim = prepare("siim", {"rle.csv", "dicom"});
  EXPECT_EQ(siim.exit_code, 3) << siim.err;
  EXPECT_NE(siim.err.find("rle.csv line 2: expected runs within 1024 x 1024 pixels"),
            std::string::npos)
      << siim.err;
}

TEST_F(DataPrepare, PairsThatDoNotFitAreNamedAndTheRestIsDone) {
  const auto pair = [&](const std::string& name, const std::string& kind) {
    mask("grey8_01", "set/images/" + name + ".png");
    if (!kind.empty()) mask(kind, "set/masks/" + name + ".png");
  };
  pair("good", "grey8_white");
  pair("values", "grey16_256");
  pair("alone", "");
  mask("grey8_01", "set/masks/orphan.png");
  copy("tests/fixtures/image/png/grey8.png", "set/images/size.png");
  mask("grey8_01", "set/masks/size.png");
  const Process run = prepare("folder", {"set"});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_EQ(lines_with(run.err, "error: "), 4U) << run.err;
  for (const char* sentence :
       {"values.png: expected the values 0 to 1 and 255 in a mask, found 256",
        "alone.png: expected a mask of the same name, found none",
        "orphan.png: expected an image named orphan, found none",
        "size.png: expected a mask of 23 x 37 pixels, the size of"})
    EXPECT_NE(run.err.find(sentence), std::string::npos) << sentence << "\n" << run.err;
  EXPECT_EQ(read(folder.file("out/all.csv")), "path,mask\nimages/good.png,masks/good.png\n");
}

TEST_F(DataPrepare, GoesOnWhereItWasKilled) {
  for (const char* name : {"a", "b", "c"}) {
    mask("grey8_01", fmt::format("set/images/{}.png", name));
    mask("grey8_white", fmt::format("set/masks/{}.png", name));
  }
  mask("grey8_background", "set/images/empty.png");
  mask("grey8_background", "set/masks/empty.png");
  ASSERT_EQ(prepare("folder", {"set"}, {"--threads", "1"}).exit_code, 0);
  const auto files = written();

  // As if it had been killed after two images: the line of the third was not written whole.
  const std::string log = read(folder.file("out/prepared.txt"));
  write(folder.file("out/prepared.txt"), log.substr(0, log.find(" c\n") + 2));
  fs::remove(folder.file("out/masks/b.png"));
  fs::remove(folder.file("out/all.csv"));
  write(folder.file("out/images/a.png"), "kept");
  const Process again = prepare("folder", {"set"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("1 images were there already"), std::string::npos) << again.err;
  auto expected = files;
  expected["images/a.png"] = "kept";
  EXPECT_TRUE(written() == expected);

  const Process whole = prepare("folder", {"set"});
  EXPECT_NE(whole.err.find("4 images were there already"), std::string::npos) << whole.err;
  EXPECT_NE(whole.out.find("all.csv       4            1"), std::string::npos) << whole.out;

  // The same bytes at another time are the same source; other bytes are another one.
  write(folder.file("set/masks/c.png"), read(folder.file("set/masks/b.png")));
  const Process copied = prepare("folder", {"set"});
  EXPECT_NE(copied.err.find("4 images were there already"), std::string::npos) << copied.err;
  write(folder.file("set/images/c.png"), read(folder.file("set/images/empty.png")));
  const Process anew = prepare("folder", {"set"});
  EXPECT_EQ(anew.err.find("there already"), std::string::npos) << anew.err;
  auto changed = files;
  changed["images/c.png"] = files.at("images/empty.png");
  EXPECT_TRUE(written() == changed);
}

TEST_F(DataPrepare, PatientsComeFromATable) {
  for (const char* name : {"a", "b", "c"}) {
    mask("grey8_01", fmt::format("set/images/{}.png", name));
    mask("grey8_white", fmt::format("set/masks/{}.png", name));
  }
  write(folder.file("p.csv"), "image,age,patient\nx/a.png,60,p1\nb.png,61,p1\nother,1,p2\n");
  const Words patients{"--patients", folder.file("p.csv")};
  ASSERT_EQ(prepare("folder", {"set"}, patients).exit_code, 0);
  EXPECT_EQ(read(folder.file("out/all.csv")),
            "path,mask,patient\nimages/a.png,masks/a.png,p1\nimages/b.png,masks/b.png,p1\n"
            "images/c.png,masks/c.png,\n");

  write(folder.file("test.txt"), "a\n");
  const Words dealt{"--patients", folder.file("p.csv"), "--test-list", folder.file("test.txt")};
  const Process shared = prepare("folder", {"set"}, dealt);
  EXPECT_EQ(shared.exit_code, 0);
  EXPECT_NE(shared.err.find("1 patients have images in both lists, among them p1"),
            std::string::npos)
      << shared.err;

  const auto refused = [&](const std::string& table, const std::string& sentence) {
    write(folder.file("p.csv"), table);
    const Process run = prepare("folder", {"set"}, patients);
    EXPECT_EQ(run.exit_code, 1) << sentence;
    EXPECT_NE(run.err.find(folder.file("p.csv") + sentence), std::string::npos) << run.err;
  };
  refused("image,patient\na,1\nb,2\na.png,3\n",
          " line 4: expected the patient '1' of a as in line 2, found '3'");
  refused("image,age\na,1\n", ": expected a column 'patient', found image, age");
  refused("name,patient\na,1\n", ": expected a column 'image', found name, patient");
  refused("image,patient\nx,1\n", ": expected the patients of images such as a, found none of 3");
}

TEST_F(DataPrepare, EmptyMasksAloneAreExitCode3) {
  mask("grey8_01", "set/images/a.png");
  mask("grey8_background", "set/masks/a.png");
  const Process run = prepare("folder", {"set"});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_NE(run.err.find("expected a mask with a target, found 1 empty ones"), std::string::npos)
      << run.err;
}

TEST_F(DataPrepare, NeverWritesOverItsSources) {
  mask("grey8_01", "out/images/a.png");
  mask("grey8_white", "out/masks/a.png");
  const std::string before = read(folder.file("out/masks/a.png"));
  for (const Words& sources : {Words{"out"}, Words{"out/images", "out/masks"}}) {
    const Process run = prepare("folder", sources);
    EXPECT_EQ(run.exit_code, 1) << run.err;
    EXPECT_NE(run.err.find("expected another folder"), std::string::npos) << run.err;
  }
  EXPECT_EQ(read(folder.file("out/masks/a.png")), before);
}

TEST_F(DataPrepare, WrongUseIsExitCode2) {
  EXPECT_EQ(prepare("kaggle", {"set"}).exit_code, 2);
  EXPECT_EQ(prepare("siim", {"rle.csv"}).exit_code, 2);
  EXPECT_EQ(evax({"data", "prepare", "folder", folder.file("set")}).exit_code, 2);
  const Process run = prepare("siim", {"absent.csv", "absent"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("absent.csv"), std::string::npos) << run.err;
}

TEST_F(DataPrepare, ItsListsAreSplitButNotPacked) {
  for (int i = 0; i < 10; ++i) {
    mask("grey8_01", fmt::format("set/images/{}.png", i));
    mask("grey8_white", fmt::format("set/masks/{}.png", i));
  }
  ASSERT_EQ(prepare("folder", {"set"}).exit_code, 0);
  const Words list{"--kind",          "csv", "--train", folder.file("out/all.csv"), "-o",
                   folder.file("out")};
  Words words{"data", "split"};
  words.insert(words.end(), list.begin(), list.end());
  const Process split = evax(words);
  ASSERT_EQ(split.exit_code, 0) << split.err;
  const auto rows = read_csv(read(folder.file("out/test.csv")));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0], (Words{"path", "mask"}));
  EXPECT_EQ(rows[1][1], "masks/" + rows[1][0].substr(7));
  words[1] = "pack";
  const Process pack = evax(words);
  EXPECT_EQ(pack.exit_code, 1);
  EXPECT_NE(pack.err.find("expected a list without masks"), std::string::npos) << pack.err;
}

}  // namespace
}  // namespace evax::e2e
