#include "evax/data/localization/boxes.h"

#include <gtest/gtest.h>

#include "evax/data/test_support.h"

namespace evax::data {
namespace {

const std::vector<std::string> classes{"Atelectasis", "Infiltration", "Mass"};

constexpr const char* nih_header = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n";
const std::string nih_rows =
    "00000001_000.png,Atelectasis,225.084745762712,547.019216763771,86.7796610169491,79.2\n"
    "00000002_000.png,Infiltrate,1,2,3,4,,,\n"
    "00000001_001.png,Mass,5,6,7,8\n"
    "00000002_000.png,Mass,9,10,11,12\n";

BoxConfig nih_config(const TestFolder& folder) {
  BoxConfig config;
  config.boxes = folder.write("BBox_List_2017.csv", nih_header + nih_rows);
  return config;
}

TEST(Boxes, ReadsTheListOfChestXray14) {
  const TestFolder folder;
  folder.write("images_002/images/00000002_000.png");
  const BoxSplits splits = load_boxes(nih_config(folder), classes);
  EXPECT_TRUE(splits.val.findings.empty());
  const BoxList& list = splits.test;
  ASSERT_EQ(list.findings.size(), 4U);
  EXPECT_EQ(list.box_size, 1024);
  EXPECT_EQ(list.classes, classes);
  const BoxedFinding& first = list.findings[0];
  EXPECT_EQ(first.path, folder.file("00000001_000.png"));
  EXPECT_EQ(first.patient, "00000001");
  EXPECT_EQ(first.box.x, 225.084745762712);
  EXPECT_EQ(first.box.height, 79.2);
  EXPECT_EQ(first.line, 2U);
  EXPECT_EQ(list.findings[1].label, 1);  // Infiltrate
  EXPECT_EQ(list.findings[1].path, folder.file("images_002/images/00000002_000.png"));
  EXPECT_EQ(images_of(list).size(), 3U);
}

TEST(Boxes, ReadsTheRealList) {
  NEEDS_SHARED("data/metadata/BBox_List_2017.csv.gz");
  BoxConfig config;
  config.boxes = shared_file("data/metadata/BBox_List_2017.csv.gz");
  const BoxSplits splits =
      load_boxes(config, {"Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass",
                          "Nodule", "Pneumonia", "Pneumothorax"});
  EXPECT_EQ(splits.test.findings.size(), 984U);
  EXPECT_EQ(images_of(splits.test).size(), 880U);
  const auto infiltrations =
      std::count_if(splits.test.findings.begin(), splits.test.findings.end(),
                    [](const BoxedFinding& finding) { return finding.label == 3; });
  EXPECT_EQ(infiltrations, 123);
}

TEST(Boxes, WithoutAModelTheLabelsAreTheClasses) {
  const TestFolder folder;
  const BoxList list = read_boxes(nih_config(folder).boxes);
  EXPECT_EQ(list.classes, classes);  // in the order of the rows
  ASSERT_EQ(list.findings.size(), 4U);
  EXPECT_EQ(list.findings[3].label, 2);
  EXPECT_EQ(list.findings[3].name, "00000002_000.png");
}

TEST(Boxes, ReadsPlainColumns) {
  const TestFolder folder;
  BoxConfig config;
  config.images = folder.path();
  config.boxes = folder.write("boxes.csv",
                              "path,patient,label,x,y,width,height\na.png,p,Mass,1,2,3.5,4\n"
                              "b.png,,Mass,0,0,0,-1\n");
  const BoxList list = load_boxes(config, classes).test;
  EXPECT_EQ(list.box_size, 0);
  EXPECT_EQ(list.findings[0].patient, "p");
  EXPECT_EQ(list.findings[0].path, folder.file("a.png"));
  EXPECT_EQ(list.findings[0].box.width, 3.5);
  EXPECT_EQ(list.findings[1].box.height, -1);  // judged where its image is known
  config.box_size = 512;
  EXPECT_EQ(load_boxes(config, classes).test.box_size, 512);
  EXPECT_NE(fingerprint(list, folder.path()),
            fingerprint({list.classes, {list.findings[0]}, "", 0}, folder.path()));
}

TEST(Boxes, ListsDealTheImages) {
  const TestFolder folder;
  BoxConfig config = nih_config(folder);
  config.val = folder.write("val.txt", "00000002_000.png 0 1 0\n\n00000009_000.png\n");
  BoxSplits splits = load_boxes(config, classes);
  EXPECT_EQ(splits.val.findings.size(), 2U);
  EXPECT_EQ(splits.test.findings.size(), 2U);  // all others
  config.test = folder.write("test.csv", "path\n00000001_001.png\n");
  EXPECT_EQ(load_boxes(config, classes).test.findings.size(), 1U);

  config.val = folder.write("val.txt", "00000001_000.png\n");
  EXPECT_CONTAINS(error_of([&] { load_boxes(config, classes); }), "patient");
  config.allow_leak = true;
  splits = load_boxes(config, classes);
  ASSERT_EQ(splits.notes.size(), 1U);
  EXPECT_CONTAINS(splits.notes[0], "leak: ");
}

TEST(Boxes, AShareOfThePatientsSettlesTheThreshold) {
  const TestFolder folder;
  BoxConfig config = nih_config(folder);
  config.val_share = 0.5;
  const BoxSplits splits = load_boxes(config, classes);
  EXPECT_EQ(splits.val.findings.size(), 2U);
  EXPECT_EQ(splits.test.findings.size(), 2U);
  EXPECT_NE(splits.val.findings[0].patient, splits.test.findings[0].patient);
  config.test = folder.write("test.txt", "00000001_001.png\n00000002_000.png\n");
  const BoxSplits listed = load_boxes(config, classes);  // of the images of the list
  EXPECT_EQ(listed.val.findings.size() + listed.test.findings.size(), 3U);
}

TEST(Boxes, OnlyTheClassesAskedForAreJudged) {
  const TestFolder folder;
  BoxConfig config = nih_config(folder);
  EXPECT_CONTAINS(error_of([&] {
                    load_boxes(config, {"Mass", "Nodule"});
                  }),
                  "line 2: expected a class of the model, Mass, Nodule, found 'Atelectasis'");
  config.classes = {"Mass"};
  const BoxSplits splits = load_boxes(config, {"Nodule", "Mass"});
  EXPECT_EQ(splits.test.findings.size(), 2U);
  EXPECT_EQ(splits.test.findings[0].label, 1);
  ASSERT_EQ(splits.notes.size(), 1U);
  EXPECT_CONTAINS(splits.notes[0], "2 boxes of other classes than Mass are left out");
  config.classes = {"Hernia"};
  EXPECT_CONTAINS(error_of([&] { load_boxes(config, classes); }), "found 'Hernia'");
}

TEST(Boxes, RefusesBrokenListsInOneSentence) {
  const TestFolder folder;
  const auto error = [&](const std::string& text) {
    BoxConfig config;
    config.boxes = folder.write("boxes.csv", text);
    return error_of([&] { load_boxes(config, classes); });
  };
  EXPECT_CONTAINS(error("path,label,x,y,width\n"), "expected a column 'height'");
  EXPECT_CONTAINS(error("path,label,x,y,width,height\n"), "expected at least one box");
  EXPECT_CONTAINS(error("path,label,x,y,width,height\na.png,Mass,1,2,3,nan\n"),
                  "line 2: expected a number in column 'height', found 'nan'");
  EXPECT_CONTAINS(error("path,label,x,y,width,height\n,Mass,1,2,3,4\n"), "expected an image");
  BoxConfig config = nih_config(folder);
  config.val = folder.write("val.txt", "00000007_000.png\n");
  EXPECT_CONTAINS(error_of([&] { load_boxes(config, classes); }), "expected images with boxes");
  config.images = folder.file("nowhere");
  EXPECT_CONTAINS(error_of([&] { load_boxes(config, classes); }), "data.images");
}

BoxConfig parsed(const std::string& text) {
  TomlTable root = TomlTable::parse("[data]\n" + text, "boxes.toml");
  const BoxConfig config = read_box_config(root.table("data"));
  root.finish();
  return config;
}

TEST(BoxConfig, ReadsItsKeys) {
  const BoxConfig config = parsed(
      "kind = 'boxes'\nboxes = 'b.csv'\nimages = 'i'\nclasses = ['Mass']\nbox_size = 512\n"
      "split = {val = 0.3, seed = 7}\nallow_leak = true");
  EXPECT_EQ(config.boxes, "b.csv");
  EXPECT_EQ(config.val_share, 0.3);
  EXPECT_EQ(config.seed, 7U);
  EXPECT_EQ(config.box_size, 512);
  EXPECT_FALSE(parsed("boxes = 'b.csv'").box_size);
  for (const char* wrong :
       {"", "kind = 'csv'\nboxes = 'b.csv'", "boxes = 'b.csv'\nsplit = {val = 1}",
        "boxes = 'b.csv'\nval = 'v.txt'\nsplit = {val = 0.5}", "boxes = 'b.csv'\nbox_size = -1"})
    EXPECT_CONTAINS(error_of([&] { parsed(wrong); }), "expected") << wrong;
  EXPECT_CONTAINS(error_of([&] { parsed("boxes = 'b.csv'\nlabels = 'l'"); }), "data.labels");
}

}  // namespace
}  // namespace evax::data
