#include "evax/data/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "evax/core/file.h"
#include "evax/data/fingerprint.h"
#include "evax/data/split.h"
#include "evax/data/test_support.h"

namespace evax::data {
namespace {

using Names = std::vector<std::string>;

DataConfig config_of(const std::string& kind, const std::string& images, const std::string& train,
                     const std::string& val = "", const std::string& test = "") {
  DataConfig config;
  config.kind = kind;
  config.images = images;
  config.train = train;
  config.val = val;
  config.test = test;
  config.val_fraction = 0;
  return config;
}

Splits load(const DataConfig& config) { return load_splits(config, false, 0); }
std::string load_error(const DataConfig& config) {
  return error_of([&] { load(config); });
}

Names files(const Dataset& dataset) {
  Names names;
  for (const Sample& sample : dataset.samples)
    names.push_back(std::filesystem::path(sample.path).filename());
  return names;
}

std::string all_notes(const Splits& splits) {
  return fmt::format("{}", fmt::join(splits.notes, "\n"));
}

size_t patients(const Dataset& dataset) {
  std::set<std::string> names;
  for (const Sample& sample : dataset.samples) names.insert(sample.patient);
  return names.size();
}

std::vector<int> positives(const Dataset& dataset) {
  std::vector<int> counts(dataset.classes.size());
  for (const Sample& sample : dataset.samples)
    for (size_t i = 0; i < counts.size(); ++i)
      counts[i] += dataset.task == weights::Task::multiclass ? sample.label == static_cast<int>(i)
                                                             : sample.labels[i] == 1;
  return counts;
}

size_t without_finding(const Dataset& dataset) {
  return static_cast<size_t>(
      std::count_if(dataset.samples.begin(), dataset.samples.end(), [](const Sample& sample) {
        return std::count(sample.labels.begin(), sample.labels.end(), 1.0F) == 0;
      }));
}

// Every figure is spec C.5's.
TEST(Cxr14, OfficialListsHaveTheirPublishedCounts) {
  const std::string lists = shared_file("data/metadata/official_splits/cxr14/");
  NEEDS_SHARED("data/metadata/official_splits/cxr14");
  const Splits splits = load(config_of("cxr14", "", lists + "train_official.txt.gz",
                                       lists + "val_official.txt", lists + "test_official.txt"));
  EXPECT_EQ(splits.train.size(), 75'312U);
  EXPECT_EQ(splits.val.size(), 11'212U);
  EXPECT_EQ(splits.test.size(), 25'596U);
  EXPECT_EQ(patients(splits.train), 24'342U);
  EXPECT_EQ(patients(splits.val), 3'666U);
  EXPECT_EQ(patients(splits.test), 2'797U);
  EXPECT_EQ(positives(splits.train), (std::vector<int>{7205, 1501, 7649, 12036, 3574, 4060, 770,
                                                       2244, 2480, 1210, 1250, 1083, 1927, 126}));
  EXPECT_EQ(positives(splits.test), (std::vector<int>{3279, 1069, 4658, 6112, 1748, 1623, 555, 2665,
                                                      1815, 925, 1093, 435, 1143, 86}));
  EXPECT_EQ(without_finding(splits.train), 43'886U);
  EXPECT_EQ(without_finding(splits.test), 9'861U);
  EXPECT_EQ(splits.policy, "none");
  EXPECT_EQ(splits.train.missing, 75'312U);
  EXPECT_CONTAINS(all_notes(splits), "75312 of 75312 images are missing");
}

TEST(Cxr14, FractionsAreTheOriginalsOrAnHonestSubset) {
  NEEDS_SHARED("data/metadata/official_splits/cxr14");
  DataConfig config = config_of(
      "cxr14", "", shared_file("data/metadata/official_splits/cxr14/train_official.txt.gz"));
  const Names all = files(load(config).train);
  config.fraction = 0.01;
  const Splits honest = load(config);
  EXPECT_EQ(honest.train.size(), 753U);
  EXPECT_EQ(honest.epoch_length, 0U);
  EXPECT_EQ(honest.sampling, Sampling::all);

  config.fraction_mode = "paper";
  const Splits paper = load(config);
  ASSERT_EQ(paper.train.size(), 753U);
  EXPECT_EQ(paper.sampling, Sampling::modulo);
  EXPECT_EQ(paper.epoch_length, 75'300U);        // int(753 / 0.01)
  EXPECT_EQ(files(paper.train)[0], all[50494]);  // random.sample(range(75312), 753), seed 0
  EXPECT_EQ(files(paper.train)[1], all[55125]);
}

TEST(Cxr14, ValidationIsATenthOfThePatients) {
  NEEDS_SHARED("data/metadata/official_splits/cxr14");
  DataConfig config = config_of(
      "cxr14", "", shared_file("data/metadata/official_splits/cxr14/train_official.txt.gz"));
  config.val_fraction = 0.1;
  const Splits splits = load(config);
  EXPECT_EQ(patients(splits.val), 2'434U);
  EXPECT_EQ(patients(splits.train), 24'342U - 2'434U);
  EXPECT_EQ(splits.val.size() + splits.train.size(), 75'312U);
  EXPECT_EQ(shared_patients(splits.train, splits.val), Names{});
  EXPECT_CONTAINS(all_notes(splits), "no validation list: 10 % of the training set");
  EXPECT_EQ(load_splits(config, true, 0).val.size(), 0U);  // the original has none
}

TEST(Cxr14, FindsImagesFlatAndInTheArchivesFolders) {
  const TestFolder folder;
  folder.write("00000001_000.png");
  folder.write("images_001/images/00000002_000.png");
  folder.write("images_012/00000003_000.png");
  std::string text;
  for (const char* name : {"00000001_000", "00000002_000", "00000003_000", "00000004_000"})
    text += std::string(name) + ".png 0 1 0 0 0 0 0 0 0 0 0 0 0 0\r\n";
  const Splits splits = load(config_of("cxr14", folder.path(), folder.write("list.txt", text)));
  ASSERT_EQ(splits.train.size(), 4U);
  EXPECT_EQ(splits.train.samples[0].path, folder.file("00000001_000.png"));
  EXPECT_EQ(splits.train.samples[1].path, folder.file("images_001/images/00000002_000.png"));
  EXPECT_EQ(splits.train.samples[2].path, folder.file("images_012/00000003_000.png"));
  EXPECT_EQ(splits.train.missing, 1U);
  EXPECT_CONTAINS(all_notes(splits),
                  "1 of 4 images are missing, the first is " + folder.file("00000004_000.png"));
}

// The NIH's lists of names with its table say what the official lists of labels say.
TEST(Cxr14, NamesTakeTheirLabelsFromTheNihsTable) {
  NEEDS_SHARED("data/metadata/Data_Entry_2017_v2020.csv.gz");
  const std::string metadata = shared_file("data/metadata/");
  const Splits names = load(config_of("cxr14", "", metadata + "nih_train_val_list.txt", "",
                                      metadata + "nih_test_list.txt"));
  const Splits labels =
      load(config_of("cxr14", "", metadata + "official_splits/cxr14/train_official.txt.gz",
                     metadata + "official_splits/cxr14/val_official.txt",
                     metadata + "official_splits/cxr14/test_official.txt"));
  EXPECT_EQ(names.train.size(), 86'524U);  // as published
  EXPECT_EQ(names.test.size(), 25'596U);
  EXPECT_EQ(positives(names.test), positives(labels.test));
  std::vector<int> both = positives(labels.train);
  for (size_t i = 0; i < both.size(); ++i) both[i] += positives(labels.val)[i];
  EXPECT_EQ(positives(names.train), both);
  EXPECT_EQ(names.test.meta[0], "Patient Age");
}

TEST(Cxr14, NamesWithoutATableAreExplained) {
  const TestFolder folder;
  const std::string list =
      folder.write("lists/test_list.txt", "00000001_000.png\n00000002_000.png\n");
  std::filesystem::create_directories(folder.file("images"));
  const DataConfig config = config_of("cxr14", folder.file("images"), list);
  EXPECT_CONTAINS(load_error(config),
                  "test_list.txt: expected labels behind the names, or the NIH's table "
                  "Data_Entry_2017.csv beside the list or in " +
                      folder.file("images"));
  const std::string header = "Image Index,Finding Labels,Patient ID,Patient Age,\n";
  const std::string table =
      folder.write("images/Data_Entry_2017.csv", header + "00000001_000.png,Mass|Hernia,1,050Y,\n");
  EXPECT_CONTAINS(load_error(config), "test_list.txt line 2: expected an image of " + table);
  folder.write("images/Data_Entry_2017.csv", header +
                                                 "00000001_000.png,Mass|Hernia,1,050Y,\n"
                                                 "00000002_000.png,No Finding,2,051Y,\n");
  EXPECT_EQ(positives(load(config).train),
            (std::vector<int>{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  folder.write("lists/test_list.txt", "00000001_000.png\n00000002_000.png 0 1\n");
  EXPECT_CONTAINS(load_error(config), "line 2: expected a name alone as in the first line");
  folder.write("images/Data_Entry_2017.csv", header + "00000001_000.png,Mass|Flu,1,050Y,\n");
  EXPECT_CONTAINS(load_error(config), "line 2: expected No Finding or findings");
}

TEST(Cxr14, ErrorsNameListAndLine) {
  const TestFolder folder;
  const std::string good = "a.png 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
  EXPECT_CONTAINS(
      load_error(config_of("cxr14", "", folder.write("l.txt", good + "\nb.png 0 0 1\n"))),
      "l.txt line 3: expected a file name and 14 labels, found 4 fields");
  EXPECT_CONTAINS(load_error(config_of("cxr14", "",
                                       folder.write("l.txt", "a.png 0 0 0 0 0 0 2 0 0 0 0 0 0 0"))),
                  "l.txt line 1: expected a label 0 or 1, found '2'");
  EXPECT_CONTAINS(load_error(config_of("cxr14", "", folder.write("l.txt", "\n"))),
                  "l.txt: expected at least one image, found none");
  EXPECT_CONTAINS(load_error(config_of("cxr14", "", folder.file("absent.txt"))), "absent.txt");
}

// 100 normal, 100 pneumonia, 200 COVID-19 (spec C.5).
TEST(Covidx, OfficialTestListHasItsPublishedCounts) {
  NEEDS_SHARED("data/metadata/official_splits/covidx3");
  const DataConfig config =
      config_of("covidx3", "", "", "",
                shared_file("data/metadata/official_splits/covidx3/test_COVIDx9A.txt"));
  const Splits splits = load(config);
  EXPECT_EQ(splits.train.size(), 0U);
  EXPECT_EQ(splits.test.size(), 400U);
  EXPECT_EQ(positives(splits.test), (std::vector<int>{100, 100, 200}));
}

TEST(Covidx, FindsImagesInTheFoldersOfTheDataSet) {
  const TestFolder folder;
  folder.write("train/a.png");
  folder.write("val/b.png");
  const DataConfig config =
      config_of("covidx4", folder.path(), folder.write("train.txt", "1 a.png positive ricord\n"),
                "", folder.write("test.txt", "1 b.png negative rsna\n"));
  const Splits splits = load(config);  // patient 1 of another source is another patient
  EXPECT_EQ(splits.train.samples[0].path, folder.file("train/a.png"));
  EXPECT_EQ(splits.train.samples[0].label, 1);
  EXPECT_EQ(splits.test.samples[0].path, folder.file("val/b.png"));
  EXPECT_EQ(splits.train.missing + splits.test.missing, 0U);
}

TEST(Covidx, ErrorsNameListAndLine) {
  const TestFolder folder;
  EXPECT_CONTAINS(load_error(config_of("covidx3", "", folder.write("l.txt", "1 a.png normal\n"))),
                  "l.txt line 1: expected patient, file name, class and source, found 3 fields");
  EXPECT_CONTAINS(load_error(config_of("covidx4", "", folder.write("l.txt", "1 a.png normal x"))),
                  "l.txt line 1: expected a class of negative, positive, found 'normal'");
}

const std::string chexpert_header =
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung "
    "Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural "
    "Effusion,Pleural Other,Fracture,Support Devices\n";

std::string chexpert_row(int patient, const std::string& view, const std::string& labels) {
  return fmt::format(
      "CheXpert-v1.0-small/train/patient{:05}/study1/view1_{}.jpg,Female,68,{},AP,{}\n", patient,
      view == "Frontal" ? "frontal" : "lateral", view, labels);
}

TEST(Chexpert, ReadsFrontalViewsInTheOriginalsOrderOfClasses) {
  const TestFolder folder;
  folder.write("train/patient00001/study1/view1_frontal.jpg");
  const DataConfig config = config_of(
      "chexpert", folder.path(),
      folder.write("train.csv",
                   chexpert_header + chexpert_row(1, "Frontal", "1.0,,,,,-1.0,,,1.0,,0.0,,,1.0") +
                       chexpert_row(1, "Lateral", "1.0,,,,,,,,,,,,,") +
                       chexpert_row(2, "Frontal", ",,-1.0,,,1.0,-1.0,,-1.0,,-1.0,,,")));
  const Splits splits = load(config);
  ASSERT_EQ(splits.train.size(), 2U);
  EXPECT_EQ(splits.train.classes,
            (Names{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion"}));
  EXPECT_EQ(splits.train.samples[0].path,
            folder.file("train/patient00001/study1/view1_frontal.jpg"));
  EXPECT_EQ(splits.train.samples[0].patient, "patient00001");
  EXPECT_EQ(splits.train.samples[0].labels, (std::vector<float>{1, 0, 0, 1, 0}));
  EXPECT_EQ(splits.train.samples[1].labels, (std::vector<float>{1, 0, 0, 1, 0}));
  EXPECT_EQ(splits.policy, "eva_x");
  EXPECT_EQ(splits.train.missing, 1U);
  EXPECT_CONTAINS(all_notes(splits), "5 uncertain labels: policy eva_x (the default)");
}

TEST(Chexpert, PaperModeShufflesAndHalves) {
  const TestFolder folder;
  std::string text = chexpert_header;
  for (int patient = 0; patient < 60; ++patient)
    text += chexpert_row(patient, "Frontal", ",,,,,,,,,,,,,");
  DataConfig config = config_of("chexpert", "", folder.write("train.csv", text));
  const Splits splits = load_splits(config, true, 0);
  EXPECT_EQ(splits.sampling, Sampling::chexpert_half);
  EXPECT_EQ(splits.epoch_length, 3U);
  // numpy.random.seed(123); numpy.random.shuffle(list(range(60))) begins with these.
  EXPECT_EQ(splits.train.samples[0].patient, "patient00024");
  EXPECT_EQ(splits.train.samples[1].patient, "patient00039");
  EXPECT_EQ(load_splits(config, false, 0).sampling, Sampling::all);
  config.fraction = 0.5;
  config.fraction_mode = "paper";
  EXPECT_CONTAINS(load_error(config), "expected fraction_mode = \"honest\"");
}

TEST(Chexpert, ErrorsNameListAndLine) {
  const TestFolder folder;
  EXPECT_CONTAINS(load_error(config_of("chexpert", "", folder.write("l.csv", "Path,Sex\n"))),
                  "l.csv: expected a column 'Atelectasis', found Path, Sex");
  const std::string wrong = chexpert_row(1, "Frontal", "1.0,,,,,2.0,,,1.0,,0.0,,,1.0");
  EXPECT_CONTAINS(
      load_error(config_of("chexpert", "", folder.write("l.csv", chexpert_header + wrong))),
      "l.csv line 2: expected 1, 0, -1 or blank in column 'Edema', found '2.0'");
  EXPECT_CONTAINS(
      load_error(config_of("chexpert", "", folder.write("l.csv", chexpert_header + "a.jpg,F,1\n"))),
      "l.csv line 2: expected 19 fields as in the first line, found 3");
}

const std::string field = std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/field/";

// As CheXpert publishes it: no column for the view.
TEST(Chexpert, ReadsTheTestLabels) {
  const Splits splits =
      load(config_of("chexpert", field + "chexpert", "", "", field + "chexpert/test_labels.csv"));
  ASSERT_EQ(splits.test.size(), 3U);
  EXPECT_EQ(splits.test.missing, 0U);
  EXPECT_EQ(splits.test.samples[0].patient, "patient00001");
  EXPECT_EQ(splits.test.samples[0].labels, (std::vector<float>{0, 0, 1, 0, 1}));
  EXPECT_EQ(splits.test.samples[1].labels, (std::vector<float>{1, 1, 0, 1, 0}));  // Edema: -1
  EXPECT_EQ(splits.test.samples[2].labels, (std::vector<float>{0, 0, 1, 1, 0}));

  const TestFolder folder;
  const std::string header = "Path,Atelectasis,Cardiomegaly,Consolidation,Edema,Pleural Effusion\n";
  const Splits both = load(config_of(
      "chexpert", "", "", "",
      folder.write("t.csv", header + "patient2/study1/view1_frontal.jpg,1,NA,0,0,0\n"
                                     "test/patient2/study1/view2_lateral.jpg,1,0,0,0,0\n")));
  ASSERT_EQ(both.test.size(), 1U);
  EXPECT_EQ(both.test.samples[0].patient, "patient2");
  EXPECT_CONTAINS(
      load_error(config_of("chexpert", "", folder.write("l.csv", header + "a.jpg,1,0,0,0,0\n"))),
      "l.csv line 2: expected Frontal or Lateral, found 'a.jpg'");
}

Splits load_field(const std::string& list) {
  return load(config_of("csv", field + "lists/img", field + "lists/" + list));
}

TEST(FieldLists, LabelsAreUnderstoodAsTheyAreWritten) {
  for (const char* list :
       {"D0_plain.csv", "D1b_cr_only.csv", "D3_true_false.csv", "D3b_yes_no.csv", "D4b_nan.csv",
        "D4c_NULL.csv", "D6b_excel_empty_rows.csv", "D13b_nan_patients.csv", "age_nan.csv"}) {
    const Splits splits = load_field(list);
    EXPECT_EQ(splits.train.classes, (Names{"Normal", "Pneumonia"})) << list;
    EXPECT_EQ(splits.train.size(), 16U) << list;
    EXPECT_EQ(positives(splits.train), (std::vector<int>{8, 8})) << list;
    EXPECT_EQ(splits.train.missing, 0U) << list;
    EXPECT_CONTAINS(all_notes(splits), "train: 16 images; positive: Normal 8, Pneumonia 8");
  }
  const Splits three = load_field("D4_NA_in_one_column.csv");
  EXPECT_EQ(three.train.classes, (Names{"Normal", "Pneumonia", "Edema"}));
  EXPECT_EQ(positives(three.train), (std::vector<int>{8, 8, 7}));
  EXPECT_CONTAINS(all_notes(three), "1 blank labels count as 0");
  EXPECT_CONTAINS(all_notes(load_field("age_nan.csv")),
                  "train: columns kept as they are: age, sex");
}

TEST(FieldLists, ACellThatIsNoLabelIsNamed) {
  const auto error_of_list = [](const std::string& list) {
    return load_error(config_of("csv", field + "lists/img", field + "lists/" + list));
  };
  EXPECT_CONTAINS(error_of_list("D4g_typo_2.csv"),
                  "D4g_typo_2.csv line 5: expected 1, 0, -1 or blank in column 'Pneumonia', found "
                  "'2' (data.meta names columns that are not labels)");
  EXPECT_CONTAINS(error_of_list("D3d_float_probs.csv"),
                  "line 10: expected 1, 0, -1 or blank in column 'Pneumonia', found '0.8'");
  EXPECT_CONTAINS(error_of_list("D2_semicolon.csv"),
                  "D2_semicolon.csv: expected commas between the columns, found semicolons");
  EXPECT_CONTAINS(error_of_list("D17_utf16.csv"),
                  "D17_utf16.csv: expected text in UTF-8, found UTF");
  EXPECT_CONTAINS(error_of_list("D22_xlsx.csv"),
                  "D22_xlsx.csv: expected text in UTF-8, found a ZIP");
  EXPECT_CONTAINS(error_of_list("D24_nih_data_entry.csv"), "data.kind = \"cxr14\"");
}

TEST(FieldLists, PatientsThatAreMissingAreNoPatient) {
  const Splits splits = load_field("D13b_nan_patients.csv");
  EXPECT_EQ(splits.train.samples[0].patient, "p00");
  EXPECT_EQ(splits.train.samples[1].patient, "");
  EXPECT_EQ(patients(splits.train), 9U);  // eight, and nobody
  EXPECT_CONTAINS(all_notes(splits), "train: 8 images have no patient");
  DataConfig config = config_of("csv", field + "lists/img", field + "lists/D13b_nan_patients.csv",
                                "", field + "lists/D13b_nan_patients.csv");
  EXPECT_CONTAINS(load_error(config), "8 patients in both train and test, among them p00");
}

TEST(FieldLists, ARepeatedImageIsTold) {
  EXPECT_CONTAINS(all_notes(load_field("D7b_conflicting_rows.csv")),
                  "train: rows that repeat an image listed before: 1, with opposite labels: 1; the "
                  "first is ");
}

TEST(FieldLists, TheNihsTableIsAList) {
  const Splits splits =
      load(config_of("cxr14", field + "lists/img", field + "lists/D24_nih_data_entry.csv"));
  ASSERT_EQ(splits.train.size(), 16U);
  EXPECT_EQ(splits.train.missing, 0U);
  EXPECT_EQ(positives(splits.train), (std::vector<int>{0, 0, 0, 0, 0, 0, 8, 0, 0, 8, 0, 0, 0, 0}));
  EXPECT_EQ(splits.train.samples[15].patient, "16");
  EXPECT_EQ(splits.train.meta, (Names{"Patient Age", "Patient Gender", "View Position"}));
  EXPECT_EQ(splits.train.samples[15].meta, (Names{"65", "M", "PA"}));
}

TEST(FieldLists, AFolderWithoutAnImageIsNoClass) {
  DataConfig config = config_of("folder", field + "folder", "");
  const Splits splits = load(config);
  EXPECT_EQ(splits.train.classes, (Names{"NORMAL", "PNEUMONIA"}));
  EXPECT_EQ(positives(splits.train), (std::vector<int>{4, 4}));
}

TEST(Csv, AColumnOfMasksMakesASegmentationList) {
  const TestFolder folder;
  std::string rows = "path,mask,patient,view,normal\n";
  for (int i = 0; i < 20; ++i)
    rows += fmt::format("images/{0}.png,{0}_m.png,p{1},PA,1\n", i, i / 2);
  DataConfig config = config_of("csv", folder.path(), folder.write("train.csv", rows));
  folder.write("masks/0_m.png");
  folder.write("images/0.png");
  folder.write("images/1.png");
  config.masks = folder.file("masks");
  config.mask_values = "index";
  config.split.emplace();
  config.split->val = 0.2;
  config.split->test = 0;
  const Splits splits = load_splits(config, false, 0);
  EXPECT_EQ(splits.train.task, weights::Task::segmentation);
  EXPECT_EQ(splits.train.classes, std::vector<std::string>{"target"});
  EXPECT_EQ(splits.train.meta, (std::vector<std::string>{"view", "normal"}));
  EXPECT_EQ(splits.train.size(), 16U);
  EXPECT_EQ(splits.val.size(), 4U);
  EXPECT_EQ(splits.val.mask_values, MaskValues::index);
  EXPECT_TRUE(splits.train.samples[0].labels.empty());
  EXPECT_EQ(splits.train.samples[0].mask.rfind(folder.file("masks") + "/"), 0U);
  EXPECT_EQ(splits.train.missing + splits.val.missing, 19U);  // images, or their masks

  config.split.reset();
  config.classes = {"lung", "heart"};
  config.masks = "";
  EXPECT_EQ(read_lists(config).train.classes, config.classes);
  EXPECT_EQ(read_lists(config).train.samples[3].mask, folder.file("3_m.png"));
  config.masks = folder.file("nowhere");
  EXPECT_CONTAINS(load_error(config), "data.masks: expected a folder, found");
  config.masks = "";
  config.meta = {"mask"};  // kept as it is: no segmentation list
  config.classes = {"normal"};
  EXPECT_EQ(read_lists(config).train.task, weights::Task::multilabel);
}

TEST(Csv, MasksThatAreMissingInTheListAreNamed) {
  const TestFolder folder;
  const auto error = [&](const std::string& row) {
    return load_error(config_of("csv", "", folder.write("l.csv", "path,mask\n" + row + "\n")));
  };
  EXPECT_CONTAINS(error("a.png, "),
                  "l.csv line 2: expected a mask of " + folder.file("a.png") + ", found nothing");
  EXPECT_CONTAINS(error(",m.png"), "l.csv line 2: expected a path, found nothing");
}

TEST(Fingerprint, CountsTheMaskIn) {
  Dataset dataset;
  dataset.samples.emplace_back().path = "/x/a.png";
  const std::string without = fingerprint(dataset, "/x");
  dataset.samples[0].mask = "/x/m.png";
  const std::string with = fingerprint(dataset, "/x");
  EXPECT_NE(with, without);
  dataset.samples[0].mask = "/x/n.png";
  EXPECT_NE(fingerprint(dataset, "/x"), with);
}

TEST(Csv, FindsTheClassesAmongTheColumns) {
  const TestFolder folder;
  DataConfig config = config_of("csv", folder.path(),
                                folder.write("train.csv",
                                             "path,patient,age,Effusion,sex,Nodule,note\n"
                                             "a.png,p1,61,1,F,,\n"
                                             "sub/b.png,p2,7,-1,M,0,\n"
                                             "\"c,d.png\",p2,1,0,M,1.0,\n"));
  const Splits splits = load(config);
  EXPECT_EQ(splits.train.classes, (Names{"Effusion", "Nodule"}));
  EXPECT_EQ(splits.train.samples[1].path, folder.file("sub/b.png"));
  EXPECT_EQ(splits.train.samples[2].path, folder.file("c,d.png"));
  EXPECT_EQ(splits.train.samples[2].patient, "p2");
  EXPECT_EQ(splits.train.samples[0].labels, (std::vector<float>{1, 0}));
  EXPECT_TRUE(std::isnan(splits.train.samples[1].labels[0]));  // the default policy: ignore
  EXPECT_EQ(splits.policy, "ignore");
  EXPECT_CONTAINS(all_notes(splits), "1 blank labels count as 0");

  config.meta = {"Nodule"};
  EXPECT_EQ(load(config).train.classes, (Names{"Effusion"}));
  config.meta = {};
  config.classes = {"Nodule"};
  EXPECT_EQ(load(config).train.classes, (Names{"Nodule"}));
}

// Half of the cells decide: a column of labels with a slip is one, a column of numbers is none.
TEST(Csv, ASlipDoesNotTakeAClassAway) {
  const TestFolder folder;
  const auto config_with = [&](const std::string& cells) {
    std::string text = "path,A,B\n";
    for (size_t i = 0; i < cells.size(); ++i)
      text += fmt::format("{}.png,{},{}\n", i, i % 2, cells[i] == '.' ? ' ' : cells[i]);
    return config_of("csv", folder.path(), folder.write("l.csv", text));
  };
  EXPECT_CONTAINS(load_error(config_with("01x1")),
                  "line 4: expected 1, 0, -1 or blank in column 'B'");
  EXPECT_CONTAINS(load_error(config_with("01x2")),
                  "line 4: expected 1, 0, -1 or blank in column 'B'");
  EXPECT_CONTAINS(load_error(config_with("1..7")),
                  "line 5: expected 1, 0, -1 or blank in column 'B'");
  EXPECT_EQ(load(config_with("0345")).train.classes, (Names{"A"}));
  EXPECT_EQ(load(config_with("....")).train.classes, (Names{"A"}));
  DataConfig config = config_with("01x1");
  config.meta = {"B"};
  EXPECT_EQ(load(config).train.classes, (Names{"A"}));
}

TEST(Csv, AListWithoutAClassIsAnErrorWhereLabelsAreNeeded) {
  const TestFolder folder;
  DataConfig config = config_of(
      "csv", folder.path(), folder.write("l.csv", "path,age,finding\na.png,61,yep\nb.png,7,\n"));
  EXPECT_CONTAINS(
      load_error(config),
      "l.csv: expected a column 'label' or columns of labels (1, 0, -1 or blank), found "
      "age, finding without any; data.meta names");
  config.meta = {"age", "finding"};
  EXPECT_TRUE(load(config).train.classes.empty());
  config.meta = {};
  config.labels = false;
  EXPECT_TRUE(load(config).train.classes.empty());
}

TEST(Csv, AMissingClassIsNoClass) {
  const TestFolder folder;
  for (const char* missing : {"nan", "N/A", "None", ""})
    EXPECT_CONTAINS(
        load_error(config_of(
            "csv", "",
            folder.write("l.csv", fmt::format("path,label\na.png,viral\nb.png,{}\n", missing)))),
        "l.csv line 3: expected a class, found");
  DataConfig config =
      config_of("csv", "", folder.write("l.csv", "path,label\na.png,viral\nb.png,None\n"));
  config.classes = {"None", "viral"};  // where it is said to be one
  EXPECT_EQ(load(config).train.samples[1].label, 0);
}

// A list of a Mac (NFD) for files of another machine (NFC), and the other way round.
TEST(Csv, FindsNamesInTheOtherUnicodeNormalForm) {
  const std::string composed = "R\xC3\xB6ntgen", decomposed = "Ro\xCC\x88ntgen";
  const TestFolder folder;
  for (const auto& [listed, there] : {std::pair(composed, decomposed), {decomposed, composed}}) {
    folder.write(there + "/" + there + ".png");
    const std::string list =
        folder.write("l.csv", fmt::format("path,A\n{0}/{0}.png,1\n{0}/absent.png,0\n", listed));
    EXPECT_EQ(load(config_of("csv", folder.path(), list)).train.missing, 1U);
    std::filesystem::remove_all(folder.file(there));
    EXPECT_EQ(load(config_of("csv", folder.path(), list)).train.missing, 2U);
  }
}

TEST(Csv, ALabelColumnHoldsTheClass) {
  const TestFolder folder;
  const std::string train =
      folder.write("train.csv", "path,label\na.png,viral\nb.png,normal\nc.png,viral\n");
  const Splits splits = load(config_of("csv", "", train));
  EXPECT_EQ(splits.train.task, weights::Task::multiclass);
  EXPECT_EQ(splits.train.classes, (Names{"normal", "viral"}));
  EXPECT_EQ(splits.train.samples[0].label, 1);
  EXPECT_EQ(splits.train.samples[0].path, folder.file("a.png"));  // beside the list
  EXPECT_CONTAINS(
      load_error(config_of("csv", "", train, "", folder.write("t.csv", "path,label\nd.png,flu\n"))),
      "t.csv line 2: expected a class of normal, viral, found 'flu'");
}

TEST(Csv, OnlyPathsAreAnUnlabelledList) {
  const TestFolder folder;
  const Splits splits = load(config_of("csv", "", folder.write("l.csv", "path\na.png\nb.png\n")));
  EXPECT_EQ(splits.train.size(), 2U);
  EXPECT_TRUE(splits.train.classes.empty());
  EXPECT_TRUE(splits.train.samples[0].labels.empty());
}

TEST(Csv, ErrorsSayWhatIsWrong) {
  const TestFolder folder;
  const std::string train = folder.write("train.csv", "path,patient,A,B\na.png,1,1,0\n");
  const auto test_error = [&](const std::string& text) {
    return load_error(config_of("csv", "", train, "", folder.write("test.csv", text)));
  };
  EXPECT_CONTAINS(test_error("path,patient,A\nb.png,2,1\n"),
                  "test.csv: expected a column 'B', found path, patient, A");
  EXPECT_CONTAINS(test_error("path,patient,A,B\nb.png,2,1,0\nc.png,3,1,2\n"),
                  "test.csv line 3: expected 1, 0, -1 or blank in column 'B', found '2'");
  EXPECT_CONTAINS(test_error("path,patient,A,B\n"), "test.csv: expected at least one image");
  EXPECT_CONTAINS(test_error("path,patient,A,B\n,2,1,0\n"),
                  "test.csv line 2: expected a path, found nothing");
  EXPECT_CONTAINS(test_error("file,A,B\nb.png,1,0\n"), "test.csv: expected a column 'path'");
  EXPECT_CONTAINS(test_error("path,patient,A,B\nb.png,1,1,0\nc.png,2,1,0\n"),
                  "1 patient in both train and test, among them 1");
  EXPECT_CONTAINS(test_error("path,patient,A,B\n./a.png,4,1,0\n"),
                  "1 image file in both train and test, among them");
}

TEST(LoadSplits, RefusesSettingsThatMakeNoSense) {
  const TestFolder folder;
  const std::string list = folder.write("l.csv", "path,A\na.png,1\nb.png,0\n");
  const auto error_with = [&](auto change) {
    DataConfig config = config_of("csv", "", list);
    change(config);
    return load_error(config);
  };
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.kind = "csw"; }), "found 'csw'");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.images = "/nowhere"; }),
                  "data.images: expected a folder, found /nowhere");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.train = ""; }),
                  "data.train: expected a list for the kind csv");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.fraction = 0; }), "data.fraction");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.fraction = std::nan(""); }), "data.fraction");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.fraction_mode = "fair"; }), "found 'fair'");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.label_policy = "twos"; }), "found 'twos'");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.val_fraction = 1; }), "data.val_fraction");
  EXPECT_CONTAINS(error_with([](DataConfig& c) {
                    c.split = SplitConfig{"", 0.5, 0.5, 0};
                  }),
                  "data.split");
  EXPECT_CONTAINS(error_with([](DataConfig& c) {
                    c.split = SplitConfig{"who", 0.5, 0, 0};
                  }),
                  "expected a column 'who'");
  EXPECT_CONTAINS(error_with([](DataConfig& c) { c.kind = "folder", c.train = ""; }),
                  "data.images: expected a folder for the kind folder");
}

// The parts of this collection share patients (issue 4): named as lists they are refused.
TEST(Folder, Nih1000SharesPatientsBetweenItsParts) {
  NEEDS_SHARED("data/classification/nih1000_64px");
  DataConfig config = config_of("folder", shared_file("data/classification/nih1000_64px"), "train",
                                "valid", "test");
  EXPECT_CONTAINS(load_error(config), "patient");
  config.allow_leak = true;
  const Splits splits = load(config);
  EXPECT_EQ(splits.train.size(), 513U);  // MANIFEST.csv
  EXPECT_EQ(splits.val.size(), 152U);
  EXPECT_EQ(splits.test.size(), 151U);
  EXPECT_EQ(splits.train.classes, (Names{"0_normal", "1_abnormal"}));
  EXPECT_EQ(positives(splits.train), (std::vector<int>{253, 260}));
  EXPECT_CONTAINS(all_notes(splits), "leak: 13 patients in both train and val");
  // The patients' numbers in the file names, compared with sets of the shell's making.
  EXPECT_EQ(
      shared_patients(splits.train, splits.val),
      (Names{"00000116", "00000118", "00000121", "00000132", "00000133", "00000138", "00000143",
             "00000148", "00000149", "00000150", "00000153", "00000155", "00000165"}));
  EXPECT_EQ(shared_patients(splits.train, splits.test).size(), 8U);
}

TEST(Folder, KermanyByClass) {
  NEEDS_SHARED("data/classification/kermany_512");
  const TestFolder folder;
  for (const auto& entry :
       std::filesystem::directory_iterator(shared_file("data/classification/kermany_512"))) {
    const std::string name = entry.path().filename();
    const std::string label = name.starts_with("person") ? "PNEUMONIA" : "NORMAL";
    std::filesystem::create_directories(folder.file(label));
    std::filesystem::create_symlink(entry.path(), folder.file(label + "/" + name));
  }
  DataConfig config = config_of("folder", folder.path(), "");
  config.split = SplitConfig{"", 0.1, 0.2, 0};
  const Splits splits = load(config);
  EXPECT_EQ(splits.train.size() + splits.val.size() + splits.test.size(), 165U);
  EXPECT_EQ(splits.val.size(), 17U);  // round(16.5); no patient is known
  EXPECT_EQ(splits.test.size(), 33U);
  EXPECT_EQ(splits.train.task, weights::Task::multiclass);
  EXPECT_EQ(splits.train.classes, (Names{"NORMAL", "PNEUMONIA"}));
  EXPECT_NO_THROW(read_image(splits.train, splits.train.samples[0]));
}

// The 12-bit values of a PNG of 16 bits, by the rule of docs/images.md and as the recipe says.
TEST(ReadImage, TheDepthIsTheFilesOrTheRecipes) {
  const TestFolder folder;
  write_file(folder.file("list.csv"), "path,sick\nC1_16bit_max_4080.png,1\n");
  DataConfig config =
      config_of("csv", EVAX_SOURCE_DIR "/tests/fixtures/field/images", folder.file("list.csv"));
  config.val_fraction = 0;
  const auto brightest = [&](int bits) {
    config.bits = bits;
    const Dataset train = load(config).train;
    const auto pixels = read_image(train, train.samples.at(0)).pixels;
    return int{*std::max_element(pixels.begin(), pixels.end())};
  };
  EXPECT_EQ(brightest(0), 254);  // 4080 * 255 / 4095 = 254.1
  EXPECT_EQ(brightest(12), 254);
  EXPECT_EQ(brightest(14), 64);  // 63.5
  EXPECT_EQ(brightest(16), 16);  // 15.9
}

TEST(Folder, WithoutClassesIsUnlabelled) {
  NEEDS_SHARED("data/classification/nih_cxr14_512");
  const Splits splits =
      load(config_of("folder", shared_file("data/classification/nih_cxr14_512"), ""));
  EXPECT_EQ(splits.train.size(), 470U);
  EXPECT_TRUE(splits.train.classes.empty());
  EXPECT_EQ(splits.train.samples[0].patient, "00000129");
}

TEST(Folder, PassesOverWhatSystemsLeaveBehind) {
  const TestFolder folder;
  for (const char* name :
       {"a/1.png", "b/2.png", "b/.DS_Store", "b/Thumbs.db", "b/._2.png", "__MACOSX/b/x.png",
        "@eaDir/2.png/SYNOPHOTO_THUMB_M.jpg", "b/@eaDir/2.png/SYNOPHOTO_THUMB_M.jpg",
        ".hidden/3.png", "empty/note.txt"})
    folder.write(name, "x");
  DataConfig config = config_of("folder", folder.path(), "");
  const Splits splits = load(config);
  EXPECT_EQ(splits.train.classes, (Names{"a", "b"}));
  EXPECT_EQ(splits.train.size(), 2U);
  EXPECT_CONTAINS(all_notes(splits), "the folder empty has no image and is not a class");
}

TEST(Folder, ARootWithPartsOfADataSetIsExplained) {
  const TestFolder folder;
  for (const char* name : {"Train/a/1.png", "Train/b/2.png", "valid/a/3.png", "valid/b/4.png"})
    folder.write(name);
  DataConfig config = config_of("folder", folder.path(), "");
  EXPECT_CONTAINS(load_error(config),
                  ": expected a folder for each class, found parts of a data set: data.train = "
                  "\"Train\", data.val = \"valid\" name them");
  config.labels = false;  // a pre-training takes them all
  EXPECT_EQ(load(config).train.size(), 4U);
  config.labels = true;
  config.train = "Train";
  config.val = "valid";
  EXPECT_EQ(load(config).train.classes, (Names{"a", "b"}));
}

TEST(Folder, RefusesAClassThatTrainingLacks) {
  const TestFolder folder;
  folder.write("train/a/1.png");
  folder.write("test/a/2.png");
  folder.write("test/b/3.png");
  EXPECT_CONTAINS(load_error(config_of("folder", folder.path(), "train", "", "test")),
                  "test: expected a folder for each of the classes a, found 'b'");
}

TEST(NihPatient, IsTheFirstEightDigits) {
  EXPECT_EQ(nih_patient("images/00000013_005.png"), "00000013");
  for (const char* other : {"0000013_005.png", "000000013_005.png", "IM-0001.jpg", "", "00000013"})
    EXPECT_EQ(nih_patient(other), "") << other;
}

}  // namespace
}  // namespace evax::data
