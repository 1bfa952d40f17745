#include "evax/image/dicom/dicom.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/npy.h"

namespace evax::image {
namespace {

const std::string fixtures = EVAX_SOURCE_DIR "/tests/fixtures/dicom/";

// A line of expected.csv, which tools/oracles/dicom.py writes.
struct Expected {
  std::string file, outcome, reason, size, mean, tolerance, window, view;
};

std::vector<Expected> read_expected() {
  std::ifstream csv(fixtures + "expected.csv");
  std::vector<Expected> rows;
  std::string line;
  std::getline(csv, line);
  while (std::getline(csv, line)) {
    std::stringstream cells(line);
    Expected row;
    for (std::string* cell : {&row.file, &row.outcome, &row.reason, &row.size, &row.mean,
                              &row.tolerance, &row.window, &row.view})
      std::getline(cells, *cell, ',');
    rows.push_back(row);
  }
  return rows;
}

// The committed copy, else the one outside the repository, else "".
std::string find_file(const std::string& name) {
  for (const std::string& path :
       {fixtures + "files/" + name, EVAX_SHARED_DIR "/data/dicom/" + name})
    if (std::filesystem::exists(path)) return path;
  return "";
}

Radiograph read(const std::string& path, bool force) {
  const auto file = MappedFile::open(path);
  return decode_dicom(file->bytes(), path, {force});
}

// What the refusal must say, by reason. A cut header may lack Rows or end within an element.
std::vector<std::string> phrases(const std::string& reason) {
  if (reason == "not_dicom") return {"expected a DICOM file"};
  if (reason == "missing")
    return {"missing Rows", "missing PixelData", "before its end", "the end"};
  if (reason == "cut") return {"before its end"};
  if (reason == "color") return {"expected a grey image"};
  // "modality CT", or "a structured report (modality SR)" of what is no picture
  return {"found " + reason, "(" + reason + ")"};
}

// "LINEAR 550/1024", "minmax -896..1167": a name and two numbers.
struct Display {
  std::string name;
  double first = 0, second = 0;
};

Display parse(std::string text) {
  Display display;
  if (const size_t dash = text.find("min-max"); dash == 0) text.erase(3, 1);
  const size_t space = text.find(' ');
  display.name = text.substr(0, space);
  char* end = nullptr;
  display.first = std::strtod(text.c_str() + space, &end);
  display.second = std::strtod(end + (*end == '/' ? 1 : 2), nullptr);
  return display;
}

void compare_picture(const Image& image, const Expected& row) {
  std::string stem = row.file.substr(0, row.file.rfind('.'));
  for (char& c : stem)
    if (c == '/') c = '_';
  const Tensor picture = read_npy(fixtures + "pictures/" + stem + ".npy");
  const int tolerance = std::stoi(row.tolerance);
  constexpr int first = 8, step = 16;
  ASSERT_EQ(picture.size(0), (image.height - first + step - 1) / step);
  ASSERT_EQ(picture.size(1), (image.width - first + step - 1) / step);
  const auto* expected = reinterpret_cast<const uint8_t*>(picture.bytes().data());
  int worst = 0;
  for (int64_t y = 0; y < picture.size(0); ++y)
    for (int64_t x = 0; x < picture.size(1); ++x)
      worst = std::max(worst,
                       std::abs(expected[y * picture.size(1) + x] -
                                image.row(static_cast<int>(first + step * y))[first + step * x]));
  EXPECT_LE(worst, tolerance);

  const double sum = std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0);
  EXPECT_NEAR(sum / static_cast<double>(image.pixels.size()), std::stod(row.mean),
              tolerance == 3 ? 1 : 0.05);  // a moved minimum or maximum moves the mean
}

void compare(const Radiograph& radiograph, const Expected& row) {
  EXPECT_EQ(fmt::format("{}x{}", radiograph.image.width, radiograph.image.height), row.size);
  EXPECT_EQ(radiograph.image.channels, 1);
  EXPECT_EQ(radiograph.info.view, row.view == "-" ? "" : row.view);
  const Display expected = parse(row.window), found = parse(radiograph.info.window);
  EXPECT_EQ(found.name, expected.name);
  const double slack = row.tolerance == "3" ? 2 : 0.01;
  EXPECT_NEAR(found.first, expected.first, slack);
  EXPECT_NEAR(found.second, expected.second, slack);
  compare_picture(radiograph.image, row);
}

class ExpectedFile : public testing::TestWithParam<Expected> {};

TEST_P(ExpectedFile, IsReadOrRefused) {
  const Expected& row = GetParam();
  const std::string path = find_file(row.file);
  if (path.empty()) GTEST_SKIP() << row.file << " is not in the repository nor beside it";
  if (row.outcome == "read") return compare(read(path, false), row);
  try {
    read(path, false);
    FAIL() << "read, expected a refusal: " << row.reason;
  } catch (const Error& error) {
    const std::string sentence = error.what();
    bool said = false;
    for (const std::string& phrase : phrases(row.reason))
      said = said || sentence.find(phrase) != std::string::npos;
    EXPECT_TRUE(said) << row.reason << ": " << sentence;
    EXPECT_NE(sentence.find("expected"), std::string::npos);
  }
}

// Of other modalities, with a picture nonetheless.
class RefusedPicture : public testing::TestWithParam<Expected> {};

TEST_P(RefusedPicture, IsReadWhenForced) {
  const Expected& row = GetParam();
  const std::string path = find_file(row.file);
  if (path.empty()) GTEST_SKIP() << row.file << " is not in the repository nor beside it";
  compare(read(path, true), row);
}

std::vector<Expected> refused_pictures() {
  std::vector<Expected> rows = read_expected();
  std::erase_if(rows,
                [](const Expected& row) { return row.outcome == "read" || row.mean.empty(); });
  return rows;
}

std::string test_name(const testing::TestParamInfo<Expected>& info) {
  std::string name = info.param.file;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Dicom, ExpectedFile, testing::ValuesIn(read_expected()), test_name);
INSTANTIATE_TEST_SUITE_P(Dicom, RefusedPicture, testing::ValuesIn(refused_pictures()), test_name);

bool has_warning(const Info& info, const std::string& part) {
  for (const std::string& warning : info.warnings)
    if (warning.find(part) != std::string::npos) return true;
  return false;
}

TEST(Dicom, WarnsAboutALateralViewAndAnotherBodyPart) {
  const Info info = read(fixtures + "files/real/CR_cspine16_LL.dcm", false).info;
  EXPECT_EQ(info.format, "DICOM");
  EXPECT_EQ(info.modality, "CR");
  EXPECT_EQ(info.body_part, "CSPINE");
  EXPECT_EQ(info.bits, 12);
  EXPECT_TRUE(has_warning(info, "view is LL (lateral)"));
  EXPECT_TRUE(has_warning(info, "body part is CSPINE"));
}

TEST(Dicom, SaysNothingAboutAFrontalChest) {
  const Info info = read(fixtures + "files/real/SIIM_cxr_jpegbaseline_mono2.dcm", false).info;
  EXPECT_TRUE(info.warnings.empty()) << info.warnings.front();
  ASSERT_TRUE(info.pixel_spacing);
  EXPECT_DOUBLE_EQ((*info.pixel_spacing)[0], 0.168);
  EXPECT_EQ(info.transfer_syntax, "1.2.840.10008.1.2.4.50");
}

TEST(Dicom, ReadsInSeveralThreadsAtOnce) {
  const std::vector<std::string> names = {"real/SIIM_cxr_jpegbaseline_mono2.dcm",
                                          "derived/NIHDX_JPEGLS_near.dcm", "non_cxr/JPEG2000.dcm",
                                          "non_cxr/JPEG-lossy.dcm", "non_cxr/MR_small_RLE.dcm"};
  std::vector<std::vector<uint8_t>> alone;
  for (const std::string& name : names)
    alone.push_back(read(fixtures + "files/" + name, true).image.pixels);
  std::vector<std::thread> threads;
  std::vector<int> equal(4);
  for (size_t t = 0; t < equal.size(); ++t)
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 2 * names.size(); ++i) {
        const size_t k = (i + t) % names.size();
        equal[t] += read(fixtures + "files/" + names[k], true).image.pixels == alone[k] ? 1 : 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : equal) EXPECT_EQ(count, static_cast<int>(2 * names.size()));
}

}  // namespace
}  // namespace evax::image
