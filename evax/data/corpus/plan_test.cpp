#include "evax/data/corpus/plan.h"

#include <gtest/gtest.h>

#include "evax/data/test_support.h"

namespace evax::data {
namespace {

// The three data sets with the columns their authors publish; no image is needed.
class PlanTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("nih/images_001/images/00000001_000.png");
    folder_.write("nih/images_002/images/00000002_000.png");
    nih_ = folder_.write("nih/Data_Entry_2017.csv",
                         "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient "
                         "Gender,View Position,OriginalImage[Width,Height],"
                         "OriginalImagePixelSpacing[x,y],\n"
                         "00000001_000.png,Cardiomegaly|Mass,0,1,058Y,M,PA,2682,2749,0.143,0.143,\n"
                         "00000002_000.png,No Finding,0,2,081Y,M,AP,2500,2048,0.171,0.171,\n"
                         "00000002_001.png,No Finding,1,2,081Y,M,PA,2500,2048,0.171,0.171,\n"
                         "00000003_000.png,Hernia,0,3,081Y,F,LL,2582,2991,0.143,0.143,\n");
    chexpert_ = folder_.write(
        "chexpert/train.csv",
        "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged "
        "Cardiomediastinum,Cardiomegaly,Lung "
        "Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural "
        "Effusion,Pleural Other,Fracture,Support Devices\n"
        "CheXpert-v1.0-small/train/patient00001/study1/"
        "view1_frontal.jpg,Female,68,Frontal,AP,1.0,,,,"
        ",,,,,0.0,,,,1.0\n"
        "CheXpert-v1.0-small/train/patient00002/study2/"
        "view1_frontal.jpg,Female,87,Frontal,PA,,,-1.0,"
        "1.0,,-1.0,-1.0,,-1.0,,-1.0,,1.0,\n"
        "CheXpert-v1.0-small/train/patient00002/study1/"
        "view2_lateral.jpg,Female,83,Lateral,,,,,1.0,,,"
        "-1.0,,,,,,1.0,\n");
    metadata_ = folder_.write(
        "mimic/mimic-cxr-2.0.0-metadata.csv",
        "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,"
        "StudyDate,StudyTime,ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,"
        "PatientOrientationCodeSequence_CodeMeaning\n"
        "02aa804e,10000032,50414267,CHEST (PA AND LAT),PA,3056,2544,21800506,213014.531,CHEST (PA "
        "AND "
        "LAT),postero-anterior,Erect\n"
        "174413ec,10000032,50414267,CHEST (PA AND LAT),LATERAL,3056,2544,21800506,213014.531,CHEST "
        "(PA AND LAT),lateral,Erect\n"
        "1dcfd06b,10000898,50771383,\"CHEST, "
        "PORTABLE\",AP,2544,3056,21880307,1.5,,antero-posterior,\n"
        "68b5c4b1,10000980,54935705,CHEST,,2544,3056,21880307,1.5,,,Erect\n");
    split_ = folder_.write("mimic/mimic-cxr-2.0.0-split.csv",
                           "dicom_id,study_id,subject_id,split\n02aa804e,50414267,10000032,train\n"
                           "174413ec,50414267,10000032,train\n1dcfd06b,50771383,10000898,test\n"
                           "68b5c4b1,54935705,10000980,validate\n");
    records_ =
        folder_.write("mimic/cxr-record-list.csv",
                      "subject_id,study_id,dicom_id,path\n"
                      "10000032,50414267,02aa804e,files/p10/p10000032/s50414267/02aa804e.dcm\n"
                      "10000032,50414267,174413ec,files/p10/p10000032/s50414267/174413ec.dcm\n"
                      "10000898,50771383,1dcfd06b,files/p10/p10000898/s50771383/1dcfd06b.dcm\n"
                      "10000980,54935705,68b5c4b1,files/p10/p10000980/s54935705/68b5c4b1.dcm\n");
  }

  CorpusConfig config(const std::string& text) const {
    TomlTable root = TomlTable::parse(text, "c.toml");
    CorpusConfig made = read_corpus_config(root.table("data"));
    root.finish();
    return made;
  }

  // A table [data.source.NAME].
  std::string source(const std::string& name, const std::string& kind,
                     const std::string& list = "") const {
    std::string text = "[data.source." + name + "]\nkind = \"" + kind + "\"\nimages = \"" +
                       folder_.file(name) + "\"\n";
    return list.empty() ? text : text + "list = \"" + list + "\"\n";
  }
  std::string mimic(const std::string& more = "") const {
    return source("mimic", "mimic_cxr", metadata_) + "split = \"" + split_ + "\"\n" + more;
  }
  std::string exclude(const std::string& name, const std::string& list,
                      const std::string& more = "") const {
    return "[data.exclude." + name + "]\nlists = [\"" + list + "\"]\n" + more;
  }
  CorpusPlan plan(const std::string& text) const { return plan_corpus(config(text)); }

  const TestFolder folder_;
  std::string nih_, chexpert_, metadata_, split_, records_;
};

using Names = std::vector<std::string>;

TEST_F(PlanTest, NihImagesLieFlatOrInTheArchivesFolders) {
  const CorpusPlan made = plan(source("nih", "cxr14", nih_));
  EXPECT_EQ(made.images.names,
            (Names{"nih/00000001_000.png", "nih/00000002_000.png", "nih/00000002_001.png"}));
  const auto& samples = made.images.dataset.samples;
  EXPECT_EQ(samples[0].path, folder_.file("nih/images_001/images/00000001_000.png"));
  EXPECT_EQ(samples[1].path, folder_.file("nih/images_002/images/00000002_000.png"));
  EXPECT_EQ(samples[2].patient, "nih/00000002");
  EXPECT_CONTAINS(made.table, "nih,00000001_000.png,00000001,PA,,\n");
  EXPECT_CONTAINS(made.table, "nih,00000003_000.png,00000003,LL,not_frontal,LL\n");
}

TEST_F(PlanTest, ChexpertPathsLoseTheirArchive) {
  const CorpusPlan made = plan(source("chexpert", "chexpert", chexpert_));
  ASSERT_EQ(made.images.names, (Names{"chexpert/train/patient00001/study1/view1_frontal.jpg",
                                      "chexpert/train/patient00002/study2/view1_frontal.jpg"}));
  EXPECT_EQ(made.images.dataset.samples[1].path,
            folder_.file("chexpert/train/patient00002/study2/view1_frontal.jpg"));
  EXPECT_EQ(made.images.dataset.samples[1].patient, "chexpert/patient00002");
  EXPECT_CONTAINS(made.table, "view2_lateral.jpg,patient00002,Lateral,not_frontal,Lateral\n");
}

TEST_F(PlanTest, MimicLosesItsTestSplitAndOtherViews) {
  for (const std::string& records : {std::string(), "records = \"" + records_ + "\"\n"}) {
    const CorpusPlan made = plan(mimic(records));
    EXPECT_EQ(made.images.names, Names{"mimic/files/p10/p10000032/s50414267/02aa804e.jpg"});
    EXPECT_EQ(made.images.dataset.samples[0].patient, "mimic/10000032");
    EXPECT_CONTAINS(made.table, "174413ec.jpg,10000032,LATERAL,not_frontal,LATERAL\n");
    EXPECT_CONTAINS(made.table, "1dcfd06b.jpg,10000898,AP,official_test,\n");
    EXPECT_CONTAINS(made.table, "68b5c4b1.jpg,10000980,,not_frontal,unknown\n");
    // To be compared with the rest: its copies may be in another data set.
    EXPECT_EQ(made.tests.names, Names{"mimic/files/p10/p10000898/s50771383/1dcfd06b.jpg"});
  }
}

TEST_F(PlanTest, FoldersAndListsMaySayNoView) {
  folder_.write("folder/b/y.png");
  folder_.write("folder/00000013_005.png");
  folder_.write("folder/note.txt", "no image");
  const std::string list = folder_.write(
      "list.csv", "path,patient,view\na.png,p1,AP\nb.png,p2,LATERAL\n/data/c.png,,PA\nd.png,p3,\n");
  const std::string bare = folder_.write("bare.csv", "path\ne.png\n");
  const CorpusPlan made =
      plan(source("folder", "folder") + source("nih", "csv", list) + source("mimic", "csv", bare));
  EXPECT_EQ(made.images.names, (Names{"folder/00000013_005.png", "folder/b/y.png", "nih/a.png",
                                      "nih//data/c.png", "mimic/e.png"}));
  EXPECT_EQ(made.images.dataset.samples[0].patient, "folder/00000013");
  EXPECT_EQ(made.images.dataset.samples[2].patient, "nih/p1");
  EXPECT_EQ(made.images.dataset.samples[3].path, "/data/c.png");
  EXPECT_EQ(made.images.dataset.samples[3].patient, "");
}

TEST_F(PlanTest, TestListsTakeImagesAndTheirPatients) {
  const std::string list = folder_.write("test_list.txt", "00000002_000.png\n");
  const std::string nih = source("nih", "cxr14", nih_);
  CorpusPlan made = plan(nih + exclude("nih_test", list));
  EXPECT_EQ(made.images.names, Names{"nih/00000001_000.png"});
  EXPECT_CONTAINS(made.table, "nih,00000002_000.png,00000002,AP,test_list,nih_test\n");
  EXPECT_CONTAINS(made.table, "nih,00000002_001.png,00000002,PA,test_patient,nih_test\n");
  EXPECT_EQ(made.tests.names, Names{"nih_test/00000002_000.png"});
  EXPECT_EQ(made.tests.dataset.samples[0].path,
            folder_.file("nih/images_002/images/00000002_000.png"));
  EXPECT_EQ(made.named["nih_test"], 1U);

  made = plan(nih + exclude("nih_test", list, "patients = false\n"));
  EXPECT_EQ(made.images.names, (Names{"nih/00000001_000.png", "nih/00000002_001.png"}));
}

TEST_F(PlanTest, AListTakesPatientsByNihNamesThatNoSourceHas) {
  const std::string list = folder_.write("test_list.txt", "00000002_077.png\n");
  EXPECT_EQ(plan(source("nih", "cxr14", nih_) + exclude("t", list)).images.names,
            Names{"nih/00000001_000.png"});
}

TEST_F(PlanTest, ListsNameImagesInManyWays) {
  const std::string nih = source("nih", "cxr14", nih_);
  const Names rest{"nih/00000002_000.png", "nih/00000002_001.png"};
  const std::string boxes = folder_.write(
      "BBox_List_2017.csv",
      "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000001_000.png,Mass,225.0,547.0,86.7,79.1\n");
  EXPECT_EQ(plan(nih + exclude("t", boxes)).images.names, rest);
  const std::string fields = folder_.write("covidx.txt", "5 00000001_000.png negative rsna\n");
  EXPECT_EQ(plan(nih + exclude("t", fields, "field = 2\n")).images.names, rest);
  const std::string other = folder_.write("other.csv", "image,file\n1,/x/y/00000001_000.jpg\n");
  EXPECT_EQ(plan(nih + exclude("t", other, "column = \"file\"\npatients = true\n")).images.names,
            rest);
  const std::string whole =
      folder_.write("paths.txt", folder_.file("nih/images_001/images/00000001_000.png") + "\n");
  EXPECT_EQ(plan(nih + exclude("t", whole)).images.names, rest);

  // The archive's name is no part of a path; other patients' view1_frontal.jpg stays.
  const std::string valid = folder_.write(
      "valid.csv", "Path,Sex\nCheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg,Male\n");
  EXPECT_EQ(plan(source("chexpert", "chexpert", chexpert_) + exclude("t", valid)).images.names,
            Names{"chexpert/train/patient00002/study2/view1_frontal.jpg"});
  const std::string ids = folder_.write("ids.csv", "dicom_id\n1dcfd06b\n02aa804e\n");
  EXPECT_CONTAINS(
      error_of([&] { plan(mimic() + exclude("t", ids)); }),
      "data.source: expected frontal images that are on no test list, found none of 4 (2 "
      "not_frontal, 1 official_test, 1 test_list)");
}

TEST_F(PlanTest, AListMayMeanOneSource) {
  const std::string list = folder_.write("t.txt", "00000001_000.png\n");
  folder_.write("folder/00000001_000.png");
  const std::string both = source("nih", "cxr14", nih_) + source("folder", "folder");
  EXPECT_EQ(plan(both + exclude("t", list)).images.names.size(), 2U);
  EXPECT_EQ(plan(both + exclude("t", list, "source = \"folder\"\n")).images.names.size(), 3U);
}

TEST_F(PlanTest, TestImagesMayLieInAFolderOfTheirOwn) {
  folder_.write("held_out/images_001/images/00009999_000.png");
  folder_.write("held_out/x/a.png");
  const std::string nih = source("nih", "cxr14", nih_);
  const std::string images = "images = \"" + folder_.file("held_out") + "\"\n";
  CorpusPlan made = plan(nih + "[data.exclude.t]\n" + images);
  EXPECT_EQ(made.tests.names, (Names{"t/images_001/images/00009999_000.png", "t/x/a.png"}));
  const std::string list = folder_.write("t.txt", "00009999_000.png\nx/a.png\n");
  made = plan(nih + exclude("t", list, images));
  EXPECT_EQ(made.tests.names, (Names{"t/00009999_000.png", "t/x/a.png"}));
  EXPECT_EQ(made.tests.dataset.samples[0].path,
            folder_.file("held_out/images_001/images/00009999_000.png"));
}

TEST_F(PlanTest, TheDescriptionOfMerged520kIsRead) {
  std::vector<std::string> overrides;
  for (const char* table :
       {"source.nih", "source.chexpert", "source.mimic", "exclude.chexpert_valid", "exclude.covidx",
        "exclude.rsna", "exclude.siim"})
    overrides.push_back(std::string("data.") + table + ".images=" + folder_.path());
  TomlTable root = TomlTable::read_file(
      std::string(EVAX_SOURCE_DIR) + "/recipes/pretrain/merged520k_corpus.toml", overrides);
  TomlTable& data = root.table("data");
  std::string kind;
  data.read("kind", kind);
  const CorpusConfig made = read_corpus_config(data);
  root.finish();
  ASSERT_EQ(made.sources.size(), 3U);
  EXPECT_EQ(made.sources[2].kind, "mimic_cxr");
  // It spells the defaults out.
  const CorpusConfig defaults;
  EXPECT_EQ(made.test_distance, defaults.test_distance);
  EXPECT_EQ(made.duplicates, defaults.duplicates);
  EXPECT_EQ(made.duplicate_distance, defaults.duplicate_distance);
}

TEST_F(PlanTest, BadInputGetsOneSentence) {
  const std::string nih = source("nih", "cxr14", nih_);
  const auto refusal = [&](const std::string& text) { return error_of([&] { plan(text); }); };
  EXPECT_CONTAINS(refusal("[data]\n"), "c.toml: data: expected a table [data.source.NAME]");
  EXPECT_CONTAINS(refusal("[data.source.a]\nkind = \"folder\"\nimages = \"/nowhere\"\n"),
                  "c.toml line 3: data.source.a.images: expected a folder, found '/nowhere'");
  EXPECT_CONTAINS(refusal("[data.source.a]\nkind = \"nih\"\n"),
                  "data.source.a.kind: expected one of cxr14, chexpert, mimic_cxr, csv, folder");
  EXPECT_CONTAINS(refusal(source("nih", "cxr14")), "data.source.nih.list = a CSV file");
  EXPECT_CONTAINS(refusal(nih + "lists = \"x\"\n"),
                  "unknown key 'data.source.nih.lists'; the nearest valid key is "
                  "'data.source.nih.list'");
  EXPECT_CONTAINS(refusal(source("nih", "cxr14", chexpert_)),
                  chexpert_ + ": expected a column 'Image Index', found Path, Sex, Age");
  EXPECT_CONTAINS(refusal(source("nih", "csv", chexpert_)), ": expected a column 'path', found");
  EXPECT_CONTAINS(refusal(source("mimic", "mimic_cxr", metadata_)), "data.source.mimic.split");
  EXPECT_CONTAINS(refusal(source("mimic", "mimic_cxr", metadata_) + "split = \"" + records_ + "\""),
                  records_ + ": expected a column 'split', found");
  const std::string no_test = folder_.write("s.csv", "dicom_id,split\n02aa804e,train\n");
  EXPECT_CONTAINS(refusal(source("mimic", "mimic_cxr", metadata_) + "split = \"" + no_test + "\""),
                  "s.csv: expected rows of the split test, found none");
  const std::string one = folder_.write("r.csv", "dicom_id,path\n174413ec,files/x.dcm\n");
  EXPECT_CONTAINS(refusal(mimic("records = \"" + one + "\"")),
                  "r.csv: expected a record of the image 02aa804e");
  EXPECT_CONTAINS(refusal(nih + exclude("t", chexpert_, "column = \"Pth\"\n")),
                  "expected a column 'Pth', found");
  EXPECT_CONTAINS(refusal(nih + exclude("t", folder_.write("e.csv", "a,b\n1,2\n"))),
                  "e.csv: expected one of the columns Image Index, Path, path, dicom_id (or "
                  "data.exclude.t.column), found a, b");
  EXPECT_CONTAINS(refusal(nih + exclude("t", folder_.write("e.txt", "\n"))),
                  "e.txt: expected names of test images, found none");
  EXPECT_CONTAINS(refusal(nih + exclude("t", folder_.write("f.txt", "x.png\n"), "field = 2\n")),
                  "f.txt line 1: expected at least 2 fields, found 1");
  EXPECT_CONTAINS(refusal(nih + exclude("t", nih_, "source = \"nhi\"\n")),
                  "data.exclude.t.source: expected the name of a source, found 'nhi'");
  EXPECT_CONTAINS(refusal(nih + "[data.exclude.t]\npatients = true\n"), "data.exclude.t.lists");
  EXPECT_CONTAINS(refusal("[data.source.\"a/b\"]\n"), "letters, digits, _ and -, found 'a/b'");
  EXPECT_CONTAINS(refusal("[data]\ntest_distance = 33\n"), "data.test_distance");
  folder_.write("empty/note.txt");
  EXPECT_CONTAINS(refusal(source("empty", "folder")),
                  "data.source.empty: expected images, found none");
}

}  // namespace
}  // namespace evax::data
