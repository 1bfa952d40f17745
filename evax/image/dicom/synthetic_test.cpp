// Small whole files, built element by element, with answers worked out by hand.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/file_builder.h"
#include "evax/image/dicom/format/transfer_syntax.h"
#include "evax/image/dicom/no_picture.h"

namespace evax::image::dicom {
namespace {

Radiograph read(const FileBuilder& file) {
  return decode_dicom(std::as_bytes(std::span(file.bytes())), "test.dcm");
}

FileBuilder explicit_file() { return FileBuilder().preamble(uid::explicit_little_endian); }

using Pixels = std::vector<uint8_t>;

bool has_warning(const Info& info, const std::string& part) {
  for (const std::string& warning : info.warnings)
    if (warning.find(part) != std::string::npos) return true;
  return false;
}

TEST(Synthetic, MinMaxOfSignedTwelveBits) {
  // -2048, -1, 0, 2047 in two's complement, with overlay bits above BitsStored to be cut off.
  const Radiograph r =
      read(explicit_file().radiograph(2, 2, 16, 12, 1).pixels({0xF800, 0x0FFF, 0xA000, 0x07FF}));
  EXPECT_EQ(r.info.window, "min-max -2048..2047");
  EXPECT_EQ(r.image.pixels, (Pixels{0, 127, 128, 255}));  // 2047/4095*255 = 127.47, 127.53
}

TEST(Synthetic, PaddingRangeOfSignedValues) {
  const Radiograph r = read(explicit_file()
                                .radiograph(1, 4, 16, 16, 1)
                                .numbers(0x00280120, "SS", {0xF830})  // -2000
                                .numbers(0x00280121, "SS", {0xFC18})  // -1000
                                .pixels({0xF830, 0xFB00, 0, 100}));
  EXPECT_EQ(r.info.window, "min-max 0..100");
  EXPECT_EQ(r.image.pixels, (Pixels{0, 0, 0, 255}));
}

TEST(Synthetic, FirstOfSeveralWindowsAfterRescale) {
  const Radiograph r = read(explicit_file()
                                .radiograph(1, 3, 8, 8)
                                .text(0x00281050, "DS", "100\\7")
                                .text(0x00281051, "DS", "+200.0 \\9")
                                .text(0x00281052, "DS", "-50")
                                .text(0x00281053, "DS", "2")
                                .text(0x00281056, "CS", "LINEAR_EXACT")
                                .pixels({0x4B19, 0x007D}));  // 25, 75, 125 -> 0, 100, 200
  EXPECT_EQ(r.info.window, "LINEAR_EXACT 100/200");
  EXPECT_EQ(r.image.pixels, (Pixels{0, 128, 255}));
  EXPECT_TRUE(has_warning(r.info, "only the first of 2 windows"));
}

TEST(Synthetic, WindowThatMakesNoSenseIsLeftOut) {
  for (const char* width : {"0", "-4", "nan", "1e999", "wide"}) {
    const Radiograph r = read(explicit_file()
                                  .radiograph(1, 2, 8, 8)
                                  .text(0x00281050, "DS", "100")
                                  .text(0x00281051, "DS", width)
                                  .pixels({0x4B19}));
    EXPECT_EQ(r.info.window, "min-max 25..75") << width;
    EXPECT_TRUE(has_warning(r.info, "makes no sense")) << width;
  }
}

FileBuilder voi_lut_file(FileBuilder file, const char* descriptor_vr) {
  // Four entries of 12 bits from -1 on: an input of -1 or less is black, of 2 or more white.
  FileBuilder item = file;
  file.radiograph(1, 4, 16, 16, 1).header(0x00283010, "SQ", 0xFFFFFFFF);
  return file.header(0xFFFEE000, "", 0xFFFFFFFF)
      .numbers(0x00283002, descriptor_vr, {4, 0xFFFF, 12})
      .numbers(0x00283006, "OW", {0, 1024, 3072, 4095})
      .header(0xFFFEE00D, "", 0)
      .header(0xFFFEE0DD, "", 0)
      .text(0x00281050, "DS", "1")  // out of order and not used beside a LUT
      .text(0x00281051, "DS", "1")
      .pixels({0xFFFF, 0, 1, 500});
}

TEST(Synthetic, VoiLutWithSignedFirstValue) {
  const Pixels expected = {0, 64, 191, 255};  // 63.77, 191.29
  const Radiograph stated = read(voi_lut_file(explicit_file(), "SS"));
  EXPECT_EQ(stated.info.window, "VOI LUT of 4 entries");
  EXPECT_EQ(stated.image.pixels, expected);
  FileBuilder implicit(false, false);
  implicit.preamble(uid::implicit_little_endian);
  EXPECT_EQ(read(voi_lut_file(implicit, "")).image.pixels, expected);
  FileBuilder big(true, true);
  big.preamble(uid::explicit_big_endian);
  EXPECT_EQ(read(voi_lut_file(big, "SS")).image.pixels, expected);
}

TEST(Synthetic, PackedEightBitModalityLut) {
  const Radiograph r = read(explicit_file()
                                .radiograph(1, 4, 8, 8)
                                .header(0x00283000, "SQ", 8 + 14 + 16)
                                .header(0xFFFEE000, "", 14 + 16)
                                .numbers(0x00283002, "US", {3, 10, 8})
                                .numbers(0x00283006, "OW", {0x6400, 0x00C8})  // 0, 100, 200
                                .pixels({0x0B0A, 0x050C}));
  EXPECT_EQ(r.info.window, "min-max 0..200");
  EXPECT_EQ(r.image.pixels, (Pixels{0, 128, 255, 0}));
}

TEST(Synthetic, BigEndianBytesInWords) {
  FileBuilder words(true, true);
  words.preamble(uid::explicit_big_endian).radiograph(1, 4, 8, 8).pixels({0x0A00, 0xFF14});
  EXPECT_EQ(read(words).image.pixels, (Pixels{0, 10, 20, 255}));
  FileBuilder bytes(true, true);
  bytes.preamble(uid::explicit_big_endian)
      .radiograph(1, 4, 8, 8)
      .value(0x7FE00010, "OB", std::string("\x00\x0A\x14\xFF", 4));
  EXPECT_EQ(read(bytes).image.pixels, (Pixels{0, 10, 20, 255}));
}

TEST(Synthetic, HighBitAboveBitsStored) {
  FileBuilder file = explicit_file();
  file.radiograph(1, 2, 16, 16).numbers(0x00280101, "US", {12});
  // The second BitsStored is a duplicate: the first of two wins.
  EXPECT_EQ(read(file.pixels({0, 0xFFFF})).info.bits, 16);
  FileBuilder shifted = explicit_file();
  shifted.text(0x00080060, "CS", "DX")
      .numbers(0x00280010, "US", {1})
      .numbers(0x00280011, "US", {2})
      .text(0x00280004, "CS", "MONOCHROME2")
      .numbers(0x00280100, "US", {16})
      .numbers(0x00280101, "US", {12})
      .numbers(0x00280102, "US", {15})
      .numbers(0x00280103, "US", {0})
      .pixels({0x123F, 0xABC7});
  EXPECT_EQ(read(shifted).info.window, "min-max 291..2748");  // 0x123, 0xABC
}

TEST(Synthetic, FirstOfSeveralFrames) {
  FileBuilder file = explicit_file();
  file.text(0x00280008, "IS", "2").radiograph(1, 2, 8, 8).pixels({0x0A00, 0xFFFF});
  const Radiograph r = read(file);
  EXPECT_EQ(r.image.pixels, (Pixels{0, 255}));
  EXPECT_TRUE(has_warning(r.info, "only the first of 2 frames"));
}

std::string rle_frame(const std::string& segment) {
  FileBuilder header;
  header.u32(1).u32(64);
  for (int i = 0; i < 14; ++i) header.u32(0);
  return header.bytes() + segment;
}

TEST(Synthetic, RleFramesByOffsetTable) {
  const std::string first = rle_frame("\x01\x05\x06\x80");           // literals 5, 6; no operation
  const std::string second = rle_frame(std::string("\xFF\x09", 2));  // 9 twice
  FileBuilder table;
  table.u32(0).u32(static_cast<uint32_t>(16 + first.size()));
  FileBuilder file = FileBuilder().preamble(uid::rle);
  file.text(0x00280008, "IS", "2").radiograph(1, 2, 8, 8);
  file.fragments({table.bytes(), first.substr(0, 64), first.substr(64), second});
  EXPECT_EQ(read(file).info.window, "min-max 5..6");
}

TEST(Synthetic, FileWithoutPreamble) {
  const Radiograph r = read(FileBuilder(false, false).radiograph(1, 2, 8, 8).pixels({0x0A00}));
  EXPECT_TRUE(has_warning(r.info, "no DICOM preamble"));
  EXPECT_EQ(r.info.transfer_syntax, uid::implicit_little_endian);
  EXPECT_EQ(r.image.pixels, (Pixels{0, 255}));
}

TEST(Synthetic, ViewCodeStandsInForViewPosition) {
  FileBuilder file = explicit_file();
  file.radiograph(1, 2, 8, 8)
      .header(0x00540220, "SQ", 0xFFFFFFFF)
      .header(0xFFFEE000, "", 0xFFFFFFFF)
      .text(0x00080104, "LO", "postero-anterior")
      .header(0xFFFEE00D, "", 0)
      .header(0xFFFEE0DD, "", 0)
      .pixels({0});
  EXPECT_EQ(read(file).info.view, "PA");
}

TEST(Synthetic, SequenceOfUnknownRepresentationIsImplicit) {
  FileBuilder file = explicit_file();
  FileBuilder inside(false, false);  // PS3.5 6.2.2 note: implicit little endian within UN
  inside.header(0xFFFEE000, "", 0xFFFFFFFF)
      .value(0x00090001, "", "some private bytes")
      .header(0xFFFEE00D, "", 0)
      .header(0xFFFEE0DD, "", 0);
  file.header(0x00090010, "UN", 0xFFFFFFFF)
      .raw(inside.bytes())
      .radiograph(1, 2, 8, 8)
      .pixels({255});
  EXPECT_EQ(read(file).image.pixels, (Pixels{255, 0}));
}

TEST(Synthetic, AnIconIsNotThePicture) {
  FileBuilder file = explicit_file();
  file.radiograph(1, 2, 8, 8)
      .header(0x00880200, "SQ", 0xFFFFFFFF)
      .header(0xFFFEE000, "", 0xFFFFFFFF)
      .numbers(0x00280010, "US", {9})
      .fragments({"", "icon"})
      .header(0xFFFEE00D, "", 0)
      .header(0xFFFEE0DD, "", 0)
      .pixels({0x00FF});
  EXPECT_EQ(read(file).image.pixels, (Pixels{255, 0}));
}

TEST(Synthetic, TextOfTheFileIsEscapedAndPatientsAreNotNamed) {
  FileBuilder file = explicit_file();
  file.text(0x00080060, "CS", "DX")
      .text(0x00100010, "PN", "Secret^Name")
      .text(0x00180015, "CS", "HAND\x1b[31m")
      .radiograph(1, 2, 8, 8)
      .pixels({0});
  const Info info = read(file).info;
  EXPECT_EQ(info.modality, "DX");
  EXPECT_EQ(info.body_part, "HAND\\x1b[31m");
  EXPECT_FALSE(has_warning(info, "Secret"));
}

TEST(Synthetic, SurplusPixelDataIsReadWithAWarning) {
  const Radiograph r = read(explicit_file().radiograph(1, 2, 8, 8).pixels({0x00FF, 7}));
  EXPECT_EQ(r.image.pixels, (Pixels{255, 0}));
  EXPECT_TRUE(has_warning(r.info, "2 bytes more"));
}

// PS3.6 annex A; names in comments.
TEST(Synthetic, ObjectsThatAreNoPicturesAreToldByTheirClass) {
  const auto what = [](const std::string& uid, const std::string& modality = "CR") {
    const FileBuilder file =
        explicit_file().text(0x00080016, "UI", uid).text(0x00080060, "CS", modality);
    return no_picture(std::as_bytes(std::span(file.bytes())));
  };
  const std::string storage = "1.2.840.10008.5.1.4.1.1.";
  for (const char* picture : {"1",         // Computed Radiography
                              "1.1",       // Digital X-Ray for presentation
                              "2", "2.1",  // CT, Enhanced CT
                              "4", "4.1",  // MR, Enhanced MR
                              "6.1",       // Ultrasound
                              "7",         // Secondary Capture
                              "77.1.4",    // VL Photographic
                              "88",        // none of them, though a number begins like one
                              "110", "660", "481.1"})  // ... and RT Image
    EXPECT_EQ(what(storage + picture), "") << picture;
  for (const char* other : {"4.2",                 // MR Spectroscopy
                            "9.1.1",               // 12-lead ECG
                            "11.1", "11.11",       // presentation states
                            "66", "66.1", "66.4",  // Raw Data, Spatial Registration, Segmentation
                            "67",                  // Real World Value Mapping
                            "88.11", "88.59",      // Basic Text SR, Key Object Selection
                            "104.1", "104.2",      // Encapsulated PDF and CDA
                            "481.2", "481.3"})     // RT Dose, RT Structure Set
    EXPECT_NE(what(storage + other), "") << other;
  EXPECT_EQ(what("1.2.840.10008.1.3.10"), "a DICOMDIR");  // Media Storage Directory
  EXPECT_EQ(what("1.3.12.2.1107.5.9.1", "MR"), "");
  EXPECT_EQ(what("1.3.12.2.1107.5.9.1", "SR"), "a structured report");
  EXPECT_EQ(no_picture({}), "");
}

}  // namespace
}  // namespace evax::image::dicom
