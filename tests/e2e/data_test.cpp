// `evax data` on real X-rays: what it finds, writes and measures, and what bad lists get.

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

const std::string xrays = source_file("demo/xrays");
const std::string nih1000 = shared_file("data/classification/nih1000_64px");

const std::string train_list =
    "path,patient,Pneumonia\n"
    "00001962_000.png,a,1\n"
    "IM-0003-0001.jpg,b,0\n"
    "person1004_virus_1686.jpg,c,-1\n";

Process check(const Folder& folder, const std::string& test_list,
              const std::vector<std::string>& more = {}) {
  write(folder.file("train.csv"), train_list);
  write(folder.file("test.csv"), test_list);
  std::vector<std::string> words{"data",     "check",
                                 "--kind",   "csv",
                                 "--images", xrays,
                                 "--train",  folder.file("train.csv"),
                                 "--test",   folder.file("test.csv")};
  words.insert(words.end(), more.begin(), more.end());
  return evax(words);
}

TEST(DataCheck, ACleanSetIsExitCode0) {
  const Folder folder;
  // Validation is cut out of the training list, as training would do.
  const Process run = check(folder, "path,patient,Pneumonia\n00001368_000.png,d,0\n");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("no validation list"), std::string::npos) << run.err;
  EXPECT_NE(run.out.find("Pneumonia"), std::string::npos) << run.out;
}

TEST(DataCheck, APatientInTwoListsIsExitCode1UnlessAllowed) {
  const Folder folder;
  const std::string leak = "path,patient,Pneumonia\n00001368_000.png,a,0\nIM-0115-0001.jpg,b,0\n";
  const Process run = check(folder, leak);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("allow_leak"), std::string::npos) << run.err;
  EXPECT_EQ(check(folder, leak, {"--allow-leak"}).exit_code, 0);
}

TEST(DataCheck, CopiesAndBrokenFilesAreFound) {
  const Folder folder;
  std::filesystem::copy_file(xrays + "/00001962_000.png", folder.file("copy.png"));
  write(folder.file("text.png"), "no image");
  const Process run = check(folder,
                            "path,patient,Pneumonia\n" + folder.file("copy.png") + ",x,1\n" +
                                folder.file("text.png") + ",y,0\nabsent.png,z,0\n",
                            {"--json"});
  EXPECT_EQ(run.exit_code, 1) << run.err;
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json["leak"], true);
  const Json test = json["lists"].back();
  EXPECT_EQ(test["name"], "test");
  EXPECT_EQ(test["missing"], Json{xrays + "/absent.png"});
  EXPECT_EQ(test["unreadable"][0]["path"], folder.file("text.png"));
  size_t identical = 0;
  for (const Json& pair : json["pairs"]) identical += pair["identical"].size();
  EXPECT_EQ(identical, 1U);

  const Process broken =
      check(folder, "path,patient,Pneumonia\n" + folder.file("text.png") + ",y,0\n");
  EXPECT_EQ(broken.exit_code, 3) << broken.err;
}

TEST(DataCheck, MasksThatDoNotFitAreNamed) {
  const Folder folder;
  const auto mask = [](const std::string& kind) {
    return source_file("tests/fixtures/seg/data/masks/" + kind + ".png");
  };
  const std::string small = mask("grey8_01");
  const std::string other_size = source_file("tests/fixtures/image/png/grey8.png");
  write(folder.file("broken.dcm"), "no DICOM file");
  write(folder.file("list.csv"), "path,mask\n" + small + "," + folder.file("absent.png") + "\n" +
                                     mask("rgb") + "," + mask("grey16_256") + "\n" + other_size +
                                     "," + small + "\n" + folder.file("broken.dcm") + "," + small +
                                     "\n" + mask("rgba") + "," + mask("grey8_white") + "\n");
  const Process run = evax({"data", "check", "--kind", "csv", "--test", folder.file("list.csv"),
                            "--classes", "lung", "--json"});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  const Json list = Json::parse(run.out)["lists"][0];
  EXPECT_EQ(list["missing"], Json{folder.file("absent.png")});
  std::string reasons;
  for (const Json& item : list["unreadable"]) reasons += item["reason"].get<std::string>() + "\n";
  for (const std::string& reason :
       {mask("grey16_256") + ": expected the values 0 to 1 and 255 in a mask, found 256",
        small + ": expected a mask of 23 x 37 pixels, the size of " + other_size + ", found 7 x 5",
        folder.file("broken.dcm") + ": expected a PNG, JPEG or DICOM image"})
    EXPECT_NE(reasons.find(reason), std::string::npos) << reason << "\n" << reasons;
  EXPECT_EQ(list["classes"]["lung"]["positive"], 1);
}

TEST(DataCheck, ARecipesTableMeansTheSame) {
  const Folder folder;
  const Process options = check(folder, "path,patient,Pneumonia\n00001368_000.png,d,0\n");
  write(folder.file("recipe.toml"), "[optim]\nlr = 1e-3\n[data]\nkind = \"csv\"\nimages = \"" +
                                        xrays + "\"\ntrain = \"" + folder.file("train.csv") +
                                        "\"\ntest = \"" + folder.file("test.csv") + "\"\n");
  const Process recipe = evax({"data", "check", folder.file("recipe.toml")});
  EXPECT_EQ(recipe.exit_code, 0) << recipe.err;
  EXPECT_EQ(recipe.out, options.out);
  write(folder.file("wrong.toml"), "[data]\nkind = \"csv\"\nimage = \"x\"\n");
  const Process wrong = evax({"data", "check", folder.file("wrong.toml")});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.err.find("images"), std::string::npos) << wrong.err;  // the nearest key
}

TEST(DataCheck, BadListsGetOneSentence) {
  const Folder folder;
  const std::map<std::string, std::string> lists{
      {"path,patient,Pneumonia\n00001368_000.png,d,2\n", "found '2'"},
      {"path,patient,Pneumonia\n", "found none"},
      {"path,patient\n00001368_000.png,d\n", "expected a column 'Pneumonia'"},
      {"path,patient,Pneumonia\n\"00001368_000.png,d,0\n", "closing quote"},
  };
  for (const auto& [list, sentence] : lists) {
    const Process run = check(folder, list);
    EXPECT_EQ(run.exit_code, 1) << list;
    EXPECT_NE(run.err.find(sentence), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
  const Process absent = evax({"data", "check", "--kind", "csv", "--train", "/nowhere/list.csv"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(absent.err.find("/nowhere/list.csv"), std::string::npos) << absent.err;
}

const std::string field = source_file("tests/fixtures/field");

Process check_field(const std::string& list, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"data",     "check",
                                 "--kind",   "csv",
                                 "--images", field + "/lists/img",
                                 "--test",   field + "/lists/" + list};
  words.insert(words.end(), more.begin(), more.end());
  return evax(words);
}

TEST(DataCheck, NamesClassesPositivesAndOtherColumns) {
  for (const char* list : {"D0_plain.csv", "D1b_cr_only.csv", "D3_true_false.csv", "D3b_yes_no.csv",
                           "D4b_nan.csv", "D4c_NULL.csv", "D6b_excel_empty_rows.csv"}) {
    const Process run = check_field(list, {"--json"});
    EXPECT_EQ(run.exit_code, 0) << list << run.err;
    EXPECT_NE(run.err.find("test: 16 images; positive: Normal 8, Pneumonia 8"), std::string::npos)
        << run.err;
    const Json classes = Json::parse(run.out)["lists"][0]["classes"];
    EXPECT_EQ(classes.size(), 2U) << list;
    EXPECT_EQ(classes["Pneumonia"]["positive"], 8) << list;
  }
  const Process ages = check_field("age_nan.csv");
  EXPECT_EQ(ages.exit_code, 0) << ages.err;
  EXPECT_NE(ages.out.find("test: columns kept as they are: age, sex"), std::string::npos)
      << ages.out;
  EXPECT_EQ(Json::parse(check_field("age_nan.csv", {"--json"}).out)["lists"][0]["columns"],
            (Json{"age", "sex"}));
  EXPECT_NE(check_field("D13b_nan_patients.csv").err.find("8 images have no patient"),
            std::string::npos);
}

TEST(DataCheck, ListsThatCannotBeReadAreExplained) {
  const std::map<std::string, std::string> lists{
      {"D4g_typo_2.csv", "line 5: expected 1, 0, -1 or blank in column 'Pneumonia', found '2'"},
      {"D3d_float_probs.csv", "line 10: expected 1, 0, -1 or blank in column 'Pneumonia'"},
      {"D2_semicolon.csv", "found semicolons"},
      {"D17_utf16.csv", "found UTF-16 text"},
      {"D22_xlsx.csv", "found a ZIP archive, as Excel workbooks"},
      {"D24_nih_data_entry.csv", "data.kind = \"cxr14\" reads such lists"},
      {"img/im00.png", "found a PNG image"},
  };
  for (const auto& [list, sentence] : lists) {
    const Process run = check_field(list);
    EXPECT_EQ(run.exit_code, 1) << list;
    EXPECT_NE(run.err.find(field + "/lists/" + list), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(sentence), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
}

TEST(DataCheck, AnImageTwiceInOneListIsFound) {
  const Process conflict = check_field("D7b_conflicting_rows.csv");
  EXPECT_EQ(conflict.exit_code, 1);
  EXPECT_NE(conflict.out.find("im00.png, with opposite labels"), std::string::npos) << conflict.out;
  EXPECT_NE(conflict.err.find("error: an image is in one list twice, with opposite labels"),
            std::string::npos);

  const Folder folder;
  std::filesystem::create_directory(folder.file("other"));
  std::filesystem::copy_file(field + "/lists/img/im00.png", folder.file("copy.png"));
  std::filesystem::copy_file(field + "/lists/img/im09.png", folder.file("other/im01.png"));
  const std::string image = field + "/lists/img/im";
  write(folder.file("l.csv"), "path,A\n" + image + "00.png,1\n" + image + "01.png,0\n" + field +
                                  "/lists/../lists/img/im00.png,1\ncopy.png,1\nother/im01.png,0\n");
  const Process run =
      evax({"data", "check", "--kind", "csv", "--test", folder.file("l.csv"), "--json"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Json list = Json::parse(run.out)["lists"][0];
  ASSERT_EQ(list["repeated"].size(), 1U);
  EXPECT_EQ(list["repeated"][0]["opposite_labels"], false);
  ASSERT_EQ(list["copies"].size(), 1U);
  EXPECT_EQ(list["copies"][0]["other"], folder.file("copy.png"));
  ASSERT_EQ(list["shared_names"].size(), 1U);
  EXPECT_EQ(list["shared_names"][0]["name"], "im01.png");
}

TEST(DataCheck, PublishedListsAndFoldersAreRead) {
  const Process chexpert =
      evax({"data", "check", "--kind", "chexpert", "--images", field + "/chexpert", "--test",
            field + "/chexpert/test_labels.csv", "--json"});
  EXPECT_EQ(chexpert.exit_code, 0) << chexpert.err;
  EXPECT_EQ(Json::parse(chexpert.out)["lists"][0]["classes"]["Consolidation"]["positive"], 2);
  const Process nih = evax({"data", "check", "--kind", "cxr14", "--images", field + "/lists/img",
                            "--test", field + "/lists/D24_nih_data_entry.csv", "--json"});
  EXPECT_EQ(nih.exit_code, 0) << nih.err;
  EXPECT_EQ(Json::parse(nih.out)["lists"][0]["classes"]["Edema"]["positive"], 8);
  const Process folder = evax({"data", "stats", "--kind", "folder", "--images", field + "/folder"});
  EXPECT_EQ(folder.exit_code, 0) << folder.err;
  EXPECT_EQ(folder.out.find("MACOSX"), std::string::npos) << folder.out;
}

TEST(DataSplit, WritesListsWithoutAPatientTwice) {
  if (!std::filesystem::exists(nih1000)) GTEST_SKIP() << "no " << nih1000;
  const Folder folder;
  const auto split = [&](const std::string& output, const std::string& seed) {
    return evax({"data", "split", "--kind", "folder", "--images", nih1000, "--train", "train",
                 "--seed", seed, "-o", folder.file(output)});
  };
  const Process run = split("lists", "3");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::map<std::string, std::set<std::string>> lists_of_patient;
  size_t images = 0;
  for (const char* name : {"train.csv", "val.csv", "test.csv"}) {
    const auto rows = read_csv(read(folder.file("lists/") + name));
    ASSERT_EQ(rows.at(0), (std::vector<std::string>{"path", "patient", "label"}));
    for (size_t i = 1; i < rows.size(); ++i, ++images) {
      lists_of_patient[rows[i][1]].insert(name);
      EXPECT_TRUE(std::filesystem::exists(nih1000 + "/" + rows[i][0])) << rows[i][0];
      EXPECT_NE(rows[i][0].find("/" + rows[i][2] + "/" + rows[i][1]), std::string::npos);
    }
  }
  EXPECT_EQ(images, 513U);  // MANIFEST.csv
  EXPECT_EQ(lists_of_patient.size(), 130U);
  for (const auto& [patient, lists] : lists_of_patient) EXPECT_EQ(lists.size(), 1U) << patient;

  split("again", "3");
  split("other", "4");
  EXPECT_EQ(read(folder.file("lists/val.csv")), read(folder.file("again/val.csv")));
  EXPECT_NE(read(folder.file("lists/val.csv")), read(folder.file("other/val.csv")));

  const Process check = evax({"data", "check", "--kind", "csv", "--images", nih1000, "--train",
                              folder.file("lists/train.csv"), "--val", folder.file("lists/val.csv"),
                              "--test", folder.file("lists/test.csv")});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
}

TEST(DataSplit, KeepsUncertainLabels) {
  const Folder folder;
  write(folder.file("all.csv"), train_list);
  const Process run = evax({"data", "split", "--kind", "csv", "--images", xrays, "--train",
                            folder.file("all.csv"), "-o", folder.path()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::set<std::string> labels;
  for (const char* name : {"train.csv", "val.csv", "test.csv"})
    labels.insert(read_csv(read(folder.file(name))).at(1).at(2));
  EXPECT_EQ(labels, (std::set<std::string>{"1", "0", "-1"}));
}

TEST(DataStats, PrintsMeanDeviationAndSizes) {
  const Folder folder;
  write(folder.file("train.csv"), train_list);
  const Process run = evax({"data", "stats", "--kind", "csv", "--images", xrays, "--train",
                            folder.file("train.csv"), "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json train = Json::parse(run.out)["lists"][0];
  EXPECT_EQ(train["images"], 3);
  EXPECT_EQ(train["classes"]["Pneumonia"]["uncertain"], 1);
  EXPECT_EQ(train["sizes"].size(), 3U);
  // numpy's mean and std of the pixels of these three files.
  EXPECT_NEAR(train["mean"][0], 0.5490234210637045, 1e-12);
  EXPECT_NEAR(train["std"][0], 0.24224259405615542, 1e-12);
}

}  // namespace
}  // namespace evax::e2e
