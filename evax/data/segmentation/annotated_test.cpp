#include "evax/data/segmentation/annotated.h"

#include <algorithm>

#include "evax/data/segmentation/image_names.h"
#include "evax/data/segmentation/split_lists.h"
#include "evax/data/segmentation/test_support.h"
#include "evax/image/read.h"
#include "evax/image/write.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;
using Pixels = std::vector<uint8_t>;

// Pictures and tables of a test, in a folder of its own.
class AnnotatedTest : public ::testing::Test {
 protected:
  std::string picture(const std::string& name, int width, const Pixels& pixels) const {
    const std::string path = folder_.write(name);
    image::write_png(path, {width, static_cast<int>(pixels.size()) / width, 1, pixels});
    return path;
  }

  AnnotatedSet read(const std::string& kind, const std::vector<std::string>& names,
                    Annotations annotations = Annotations::together) const {
    AnnotatedSource source;
    source.kind = kind;
    source.annotations = annotations;
    for (const std::string& name : names) source.paths.push_back(folder_.file(name));
    return read_annotated(source);
  }

  static Pixels mask_of(const AnnotatedImage& image) {
    return image.make_mask(image::read(image.path).image).pixels;
  }

  TestFolder folder_;
};

TEST_F(AnnotatedTest, SiimTakesAllRowsOrTheLast) {
  picture("dicom/study/1.2.3.dcm", 2, {9, 9, 9, 9});  // known by its content
  picture("dicom/1.2.4", 2, {9, 9, 9, 9});            // without extension
  picture("dicom/1.2.9.dcm", 2, {9, 9, 9, 9});        // in no row
  folder_.write("rle.csv",
                "ImageId, EncodedPixels\n1.2.3, 0 1\n1.2.4,-1\n1.2.3, 3 1\n1.2.5,0 1\n1.2.6,-1\n");
  const AnnotatedSet set = read("siim", {"rle.csv", "dicom"});
  ASSERT_EQ(set.images.size(), 1U);
  EXPECT_EQ(set.images[0].name, "1.2.3");
  EXPECT_EQ(set.classes, std::vector<std::string>{"pneumothorax"});
  EXPECT_EQ(mask_of(set.images[0]), (Pixels{1, 0, 0, 1}));
  EXPECT_EQ(set.negatives, 2U);
  ASSERT_EQ(set.unpaired.size(), 1U);
  EXPECT_CONTAINS(set.unpaired[0], "expected the image 1.2.5 below");

  const AnnotatedSet last = read("siim", {"rle.csv", "dicom"}, Annotations::last);
  EXPECT_EQ(mask_of(last.images[0]), (Pixels{0, 0, 0, 1}));
}

TEST_F(AnnotatedTest, TablesThatMakeNoSenseAreRefused) {
  folder_.write("dicom/a.png");
  folder_.write("up.csv", "ImageId,EncodedPixels\n../a,0 1\n");
  EXPECT_CONTAINS(error_of([&] { read("siim", {"up.csv", "dicom"}); }),
                  "up.csv line 2: expected the name of an image, found '../a'");
  folder_.write("text.csv", "patientId,x,y,width,height,Target\na,1,2,three,4,1\n");
  EXPECT_CONTAINS(error_of([&] { read("rsna", {"text.csv", "dicom"}); }),
                  "expected a number in column 'width', found 'three'");
  EXPECT_CONTAINS(error_of([&] { read("rsna", {"text.csv"}); }),
                  "rsna: expected a CSV and a folder of images, found 1 path");
  EXPECT_CONTAINS(error_of([&] { read("kaggle", {"text.csv"}); }), "found 'kaggle'");
}

TEST_F(AnnotatedTest, RsnaBoxesMakeOneMask) {
  picture("dicom/p.png", 3, Pixels(9, 7));
  folder_.write("boxes.csv",
                "patientId,x,y,width,height,Target\np,0,0,0,1,1\nq,,,,,0\np,2.0,2.0,1.0,1.0,1\n");
  const AnnotatedSet set = read("rsna", {"boxes.csv", "dicom"});
  ASSERT_EQ(set.images.size(), 1U);
  EXPECT_EQ(set.images[0].patient, "p");
  EXPECT_EQ(mask_of(set.images[0]), (Pixels{1, 0, 0, 1, 0, 0, 0, 0, 1}));
  EXPECT_EQ(set.negatives, 1U);
  const AnnotatedSet last = read("rsna", {"boxes.csv", "dicom"}, Annotations::last);
  EXPECT_EQ(mask_of(last.images[0]), (Pixels{0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST_F(AnnotatedTest, MontgomerysLungsAreOneMask) {
  picture("set/CXR_png/M_1_0.png", 3, {5, 6, 7});
  picture("set/CXR_png/M_2_0.png", 3, {5, 6, 7});
  picture("set/ManualMask/leftMask/M_1_0.png", 3, {0, 0, 255});
  picture("set/ManualMask/rightMask/M_1_0.png", 3, {255, 0, 0});
  picture("set/ManualMask/rightMask/M_9_0.png", 3, {255, 0, 0});
  const AnnotatedSet set = read("montgomery", {"set"});
  ASSERT_EQ(set.images.size(), 1U);
  EXPECT_EQ(set.images[0].patient, "M_1_0");
  EXPECT_EQ(mask_of(set.images[0]), (Pixels{1, 0, 1}));
  ASSERT_EQ(set.unpaired.size(), 2U);
  EXPECT_CONTAINS(set.unpaired[0], "M_2_0.png: expected a mask of the same name, found none");
  EXPECT_CONTAINS(set.unpaired[1], "M_9_0.png: expected an image named M_9_0, found none");
}

TEST_F(AnnotatedTest, JsrtHasLungsAndHeart) {
  picture("xrays/JPCLN001.png", 4, Pixels(8, 3));
  picture("scr/fold1/masks/left lung/JPCLN001.png", 2, {255, 0});  // half the size
  picture("scr/fold1/masks/right lung/JPCLN001.png", 4, {0, 0, 0, 0, 0, 0, 255, 0});
  EXPECT_CONTAINS(error_of([&] { read("jsrt", {"xrays", "scr"}); }),
                  "expected PNG masks in a folder 'heart' (SCR's GIF files converted), found none");
  picture("scr/fold1/masks/heart/JPCLN001.png", 4, {0, 0, 0, 0, 0, 0, 0, 255});
  picture("scr/fold1/masks/left clavicle/JPCLN001.png", 4, Pixels(8, 255));  // not asked for
  const AnnotatedSet set = read("jsrt", {"xrays", "scr"});
  ASSERT_EQ(set.images.size(), 1U);
  EXPECT_EQ(set.classes, (std::vector<std::string>{"lung", "heart"}));
  EXPECT_EQ(mask_of(set.images[0]), (Pixels{1, 1, 0, 0, 1, 1, 1, 2}));
}

TEST_F(AnnotatedTest, FoldersPairByName) {
  picture("set/images/a.png", 2, {5, 6});
  picture("set/images/b.png", 2, {5, 6});
  picture("set/images/b.jpg", 2, {5, 6});
  picture("set/masks/a_mask.png", 2, {255, 0});
  picture("set/masks/b.png", 2, {255, 0});
  const AnnotatedSet set = read("folder", {"set"});
  ASSERT_EQ(set.images.size(), 1U);
  EXPECT_EQ(mask_of(set.images[0]), (Pixels{1, 0}));
  ASSERT_EQ(set.unpaired.size(), 1U);
  EXPECT_CONTAINS(set.unpaired[0], "expected one image named b, found also");
  EXPECT_EQ(read("folder", {"set/images", "set/masks"}).images.size(), 1U);

  picture("set/masks/a_mask.png", 1, {255, 0});
  EXPECT_CONTAINS(error_of([&] { mask_of(set.images[0]); }),
                  "expected a mask of 2 x 1 pixels, the size of");
}

TEST_F(AnnotatedTest, FoldersOfSeveralClassesKeepTheirIndices) {
  picture("set/images/a.png", 4, {5, 6, 7, 8});
  picture("set/masks/a.png", 4, {0, 1, 2, 255});
  AnnotatedSource source;
  source.kind = "folder";
  source.paths = {folder_.file("set")};
  EXPECT_CONTAINS(error_of([&] { mask_of(read_annotated(source).images.at(0)); }), "found 2");
  source.classes = {"lung", "heart"};
  EXPECT_EQ(mask_of(read_annotated(source).images.at(0)), (Pixels{0, 1, 2, 255}));
}

TEST_F(AnnotatedTest, V7sTablesTellPatientsAndLicences) {
  for (const char* name : {"a", "b"}) {
    picture(std::string("v7/images/") + name + ".jpg", 2, {5, 6});
    picture(std::string("v7/masks/") + name + ".png", 2, {255, 0});
  }
  folder_.write("MANIFEST.csv",
                "file,licence,tier\nv7/images/a.jpg,CC BY 3.0,A\nv7/images/b.jpg,CC BY-NC,B\n"
                "other/images/a.jpg,none,C\nv7/masks/a.png,CC BY 4.0,D\n");
  folder_.write("metadata.csv", "patientid,view,filename,notes\n7,PA,a.jpg,much\n");
  AnnotatedSource source;
  source.kind = "v7";
  source.paths = {folder_.file("v7"), folder_.file("MANIFEST.csv"), folder_.file("metadata.csv")};
  const AnnotatedSet set = read_annotated(source);
  ASSERT_EQ(set.images.size(), 2U);
  EXPECT_EQ(set.meta, (std::vector<std::string>{"view", "licence", "tier"}));
  EXPECT_EQ(set.images[0].patient, "7");
  EXPECT_EQ(set.images[0].meta, (std::vector<std::string>{"PA", "CC BY 3.0", "A"}));
  EXPECT_EQ(set.images[1].meta, (std::vector<std::string>{"", "CC BY-NC", "B"}));
  source.tier = "B";
  EXPECT_EQ(read_annotated(source).images.at(0).name, "b");
  source.tier = "X";
  EXPECT_CONTAINS(error_of([&] { read_annotated(source); }), "--tier X");
}

TEST_F(AnnotatedTest, ShenzhensPartsAreMergedAsInTheOriginal) {
  NEEDS_SHARED("fixtures/seg/shenzhen");
  const fs::path shared = shared_file("fixtures/seg/shenzhen");
  fs::create_directories(folder_.file("masks"));
  for (const auto& entry : fs::directory_iterator(shared)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("merged_"))
      picture("images/" + name.substr(7), 50, Pixels(50 * 40, 80));
    else
      fs::copy_file(entry.path(), fs::path(folder_.file("masks")) / name);
  }
  picture("images/CHNCXR_0001_0.png", 50, Pixels(50 * 40, 80));  // healthy, without mask
  const AnnotatedSet set = read("shenzhen", {"images", "masks"});
  EXPECT_EQ(set.negatives, 1U);
  ASSERT_EQ(set.images.size(), 4U);
  for (const AnnotatedImage& image : set.images) {
    if (image.name == "CHNCXR_0400_1") {  // the original keeps its grey of 128
      EXPECT_CONTAINS(error_of([&] { mask_of(image); }), "found 128");
      continue;
    }
    const std::string merged = (shared / ("merged_" + image.name + ".png")).string();
    EXPECT_EQ(mask_of(image), image::read(merged).image.pixels) << image.name;
  }
}

TEST_F(AnnotatedTest, SiimsTableHasThePositivesOfItsChallenge) {
  const std::string table = "data/metadata/siim-pneumothorax-train-rle.csv.gz";
  NEEDS_SHARED(table);
  fs::create_directories(folder_.file("dicom"));
  AnnotatedSource source;
  source.kind = "siim";
  source.paths = {shared_file(table), folder_.file("dicom")};
  const AnnotatedSet set = read_annotated(source);  // no image is there
  EXPECT_EQ(set.unpaired.size(), 2669U);            // spec D.8
  EXPECT_EQ(set.negatives, 12047U - 2669U);
}

TEST_F(AnnotatedTest, PairsOfTheCollectionAreWhole) {
  NEEDS_SHARED("data/segmentation/covid_v7lungs");
  AnnotatedSource source;
  source.kind = "v7";
  source.tier = "A";
  source.paths = {shared_file("data/segmentation/covid_v7lungs"), shared_file("data/MANIFEST.csv")};
  const AnnotatedSet set = read_annotated(source);
  EXPECT_TRUE(set.unpaired.empty());
  EXPECT_GT(set.images.size(), 50U);
  const Pixels mask = mask_of(set.images.front());
  EXPECT_GT(std::count(mask.begin(), mask.end(), 1), 10000);
}

TEST(SplitLists, DealByName) {
  const TestFolder folder;
  const std::string train = folder.write("train.txt", "a\nb\r\n\n"),
                    test = folder.write("test.txt", "c");
  EXPECT_EQ(SplitLists("", "").part_of("a"), "all");
  const SplitLists both(train, test);
  EXPECT_EQ(both.part_of("b"), "train");
  EXPECT_EQ(both.part_of("c"), "test");
  EXPECT_EQ(both.part_of("d"), "");
  EXPECT_EQ(SplitLists("", test).part_of("d"), "train");
  EXPECT_EQ(SplitLists(train, "").part_of("d"), "test");
  EXPECT_CONTAINS(error_of([&] { SplitLists(train, folder.write("t.txt", "b\n")); }), "found b");
  EXPECT_CONTAINS(error_of([&] { SplitLists(folder.write("e.txt", " \n"), ""); }), "found none");
}

TEST(ImageName, DropsImageExtensionsAlone) {
  EXPECT_EQ(image_name("x/1.2.840.899187.dcm"), "1.2.840.899187");
  EXPECT_EQ(image_name("x/1.2.840.899187"), "1.2.840.899187");
  EXPECT_EQ(image_name("a.b.PNG"), "a.b");
}

}  // namespace
}  // namespace evax::data
