#include "evax/image/dicom/segmentation/segmentation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "evax/core/file.h"
#include "evax/core/testing/support.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/file_builder.h"
#include "evax/image/dicom/format/container.h"
#include "evax/image/dicom/segmentation/codes.h"
#include "evax/image/dicom/segmentation/uid.h"

namespace evax::image {
namespace {

using namespace dicom;

const SegmentationAlgorithm algorithm{"lungs.safetensors", "9f86d081", "evax 0.1.0"};

/// The text of the last element of each tag, whatever sequence it lies in, read by evax's own
/// parser.
class Texts : public Visitor {
 public:
  explicit Texts(const std::string& file) {
    const auto bytes = std::as_bytes(std::span(file));
    walk(bytes.subspan(walk_meta(bytes, 132, *this)), {}, *this);
  }
  void element(const Element& e) override {
    const std::string text(reinterpret_cast<const char*>(e.value.data()), e.value.size());
    if (e.tag == pixel_data_tag)
      pixels = text;
    else
      texts_[e.tag] = text.substr(0, text.find_last_not_of(std::string(" \0", 2)) + 1);
  }
  void fragment(Bytes) override {}
  bool wants_sequence(uint32_t tag) const override {
    return tag == 0x00081115 || tag == 0x00620002 || tag == 0x52009229;
  }

  const std::string& operator[](uint32_t tag) const { return texts_.at(tag); }
  std::string pixels;

 private:
  std::map<uint32_t, std::string> texts_;
};

// An X-ray of 5 x 3 pixels with what a Segmentation object needs of it.
std::string xray(bool with_study = true) {
  FileBuilder file;
  file.preamble("1.2.840.10008.1.2.1")
      .text(0x00080005, "CS", "ISO_IR 100")
      .text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.1")
      .text(0x00080018, "UI", "1.2.3.4")
      .text(0x00080020, "DA", "20200102")
      .text(0x00080060, "CS", "CR")
      .text(0x00100010, "PN", "Doe^J\xFCrgen")
      .text(0x00100020, "LO", "P1");
  if (with_study) file.text(0x0020000D, "UI", "1.2.3.1");
  file.text(0x0020000E, "UI", "1.2.3.2")
      .numbers(0x00280002, "US", {1})
      .text(0x00280004, "CS", "MONOCHROME2")
      .numbers(0x00280010, "US", {3})
      .numbers(0x00280011, "US", {5})
      .numbers(0x00280100, "US", {8})
      .numbers(0x00280101, "US", {8})
      .numbers(0x00280102, "US", {7})
      .numbers(0x00280103, "US", {0})
      .text(0x00282110, "CS", "01")
      .text(0x00282112, "DS", "12.5")
      .text(0x00282114, "CS", "ISO_10918_1")
      .value(0x7FE00010, "OB", std::string(16, '\x10'));
  return file.bytes();
}

Image mask_of(const std::string& drawing) {
  Image mask{5, 3, 1, {}};
  for (const char c : drawing) mask.pixels.push_back(c == '#' ? 255 : 0);
  return mask;
}

std::string encode(const std::string& source, std::span<const Segment> segments) {
  return encode_dicom_segmentation(std::as_bytes(std::span(source)), "x.dcm", segments, algorithm);
}

const Image left = mask_of("##...##........"), right = mask_of("...##...##...##");

TEST(DicomSegmentation, PixelsAreBitsFrameAfterFrame) {
  const Segment segments[]{{"Left_Lung", &left}, {"heart", &right}};
  const Texts seg(encode(xray(), segments));
  // 15 bits of each, the lowest first: 1100011 00000000 | 0 0011000 11000110 (0).
  EXPECT_EQ(seg.pixels, std::string("\x63\x00\x8C\x31", 4));
  EXPECT_EQ(seg[0x00280008], "2");
  EXPECT_EQ(seg[0x00280010], std::string("\x03", 1));
  EXPECT_EQ(seg[0x00280011], std::string("\x05", 1));
}

TEST(DicomSegmentation, BelongsToTheSourcesPatientAndStudy) {
  const Segment segment{"lung", &left};
  const std::string file = encode(xray(), std::span(&segment, 1));
  const Texts seg(file);
  EXPECT_EQ(seg[0x00080005], "ISO_IR 100");
  EXPECT_EQ(seg[0x00080016], "1.2.840.10008.5.1.4.1.1.66.4");
  EXPECT_EQ(seg[0x00080020], "20200102");
  EXPECT_EQ(seg[0x00100010], "Doe^J\xFCrgen");
  EXPECT_EQ(seg[0x00100020], "P1");
  EXPECT_EQ(seg[0x0020000D], "1.2.3.1");
  // The source is named twice: within its series, and as what the frames were derived from.
  const std::string reference = FileBuilder().text(0x00081155, "UI", "1.2.3.4").bytes();
  EXPECT_LT(file.find(reference), file.rfind(reference));
  EXPECT_EQ(seg[0x00282110], "01");
  EXPECT_EQ(seg[0x00282112], "12.5");
  EXPECT_NE(seg[0x00080018], "1.2.3.4");
  EXPECT_TRUE(seg[0x00080018].starts_with("2.25."));
}

TEST(DicomSegmentation, SaysWhatDrewItAndThatItIsForResearch) {
  const Segment segment{"lung", &left};
  const Texts seg(encode(xray(), std::span(&segment, 1)));
  EXPECT_EQ(seg[0x0008103E], "Segmentation: For research use only, not for diagnosis");
  EXPECT_EQ(seg[0x00700081], "For research use only, not for diagnosis");
  EXPECT_EQ(seg[0x00620005], "lung");
  EXPECT_EQ(seg[0x00620008], "AUTOMATIC");
  EXPECT_EQ(seg[0x00620009], algorithm.name);
  EXPECT_EQ(seg[0x00181020], algorithm.software);
  EXPECT_EQ(seg[0x00081090], algorithm.name);
}

TEST(DicomSegmentation, WhatDoesNotFitIsSaid) {
  const Image small{1, 1, 1, {0}};
  const Segment wrong{"lung", &small}, right_size{"lung", &left};
  EXPECT_CONTAINS(test::error_of([&] { encode(xray(), std::span(&wrong, 1)); }),
                  "x.dcm: expected a mask of 5 x 3 pixels as the image has, found 1 x 1 for lung");
  EXPECT_CONTAINS(test::error_of([&] { encode(xray(false), std::span(&right_size, 1)); }),
                  "x.dcm: expected a Study Instance UID to refer to, found none");
}

TEST(DicomSegmentation, UidsAreMadeOfTheContent) {
  // Python's hashlib and uuid.
  EXPECT_EQ(uid_of("evax"), "2.25.115083612185652976364467723432782154126");
  EXPECT_NE(uid_of("evax"), uid_of("evay"));
}

TEST(DicomSegmentation, NamesBecomeCodes) {
  EXPECT_EQ(property_of("Left_Lung").type.value, "44029006");
  EXPECT_EQ(property_of("pneumothorax").category.meaning, "Morphologically Abnormal Structure");
  const Property other = property_of("devices");
  EXPECT_EQ(other.type.value, "ade15a1287dabe92");  // of its SHA-256
  EXPECT_EQ(other.type.scheme, "99EVAX");
  EXPECT_EQ(short_text("\xE8\x82\xBA a\\b"), "??? a?b");
  EXPECT_EQ(short_text(std::string(100, 'x')).size(), 64U);
}

// dicom3tools' validator of the standard's modules, on X-rays of several makers.
TEST(DicomSegmentation, AValidatorFindsNoError) {
  if (std::system("dciodvfy -version >/dev/null 2>&1") / 256 == 127)
    GTEST_SKIP() << "dciodvfy is not installed (Debian: dicom3tools)";
  const test::TestFolder folder;
  int judged = 0;
  for (const char* name : {"/tests/fixtures/dicom/files/real/SIIM_cxr_jpegbaseline_mono2.dcm",
                           "/../shared/data/dicom/real/CR-MONO1-10-chest_explicitLE.dcm",
                           "/../shared/data/dicom/real/NIH_DX_implicitLE_mono2.dcm",
                           "/../shared/data/dicom/real/RG1_chest_J2KI_lossy_15bit_mono1.dcm"}) {
    const std::string path = EVAX_SOURCE_DIR + std::string(name);
    if (!std::ifstream(path)) continue;
    const auto file = MappedFile::open(path);
    const Image picture = decode_dicom(file->bytes(), path).image;
    Image mask = picture, inverse = picture;
    for (uint8_t& value : mask.pixels) value = value > 128;
    for (uint8_t& value : inverse.pixels) value = value < 200;  // overlaps
    const Segment segments[]{{"lung", &mask}, {"devices", &inverse}};
    const std::string seg = folder.write(
        "seg.dcm", encode_dicom_segmentation(file->bytes(), path, segments, algorithm));
    const std::string report = folder.file("report.txt");
    std::system(("dciodvfy " + seg + " >" + report + " 2>&1").c_str());
    std::ifstream lines(report);
    std::string text{std::istreambuf_iterator<char>(lines), {}};
    EXPECT_CONTAINS(text, "Segmentation");
    EXPECT_LACKS(text, "Error");
    ++judged;
  }
  EXPECT_GT(judged, 0);
}

}  // namespace
}  // namespace evax::image
