// Files as they came from devices and archives, or in their way; right values from pydicom.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/file_builder.h"
#include "evax/image/dicom/format/transfer_syntax.h"

namespace evax::image::dicom {
namespace {

const std::string field = EVAX_SOURCE_DIR "/tests/fixtures/field/";
using Pixels = std::vector<uint8_t>;

Radiograph read_file_named(const std::string& name, const ReadOptions& options = {}) {
  return decode_dicom(read_file(field + name, size_t{1} << 20), name, options);
}

Radiograph read(const FileBuilder& file) {
  return decode_dicom(std::as_bytes(std::span(file.bytes())), "test.dcm");
}

std::string refusal(std::string_view bytes) {
  try {
    decode_dicom(std::as_bytes(std::span(bytes)), "test.dcm");
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

bool has_warning(const Info& info, const std::string& part) {
  for (const std::string& warning : info.warnings)
    if (warning.find(part) != std::string::npos) return true;
  return false;
}

FileBuilder explicit_file() { return FileBuilder().preamble(uid::explicit_little_endian); }

// The code stream of a file with one fragment: what its last item holds.
std::string code_stream(const std::string& name) {
  const auto bytes = read_file(name, size_t{1} << 20);
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t item = file.rfind(std::string_view("\xFE\xFF\x00\xE0", 4));
  uint32_t length = 0;
  std::memcpy(&length, file.data() + item + 4, sizeof length);
  return std::string(file.substr(item + 8, length));
}

TEST(Field, LosslessJpegBeyondItsPrecisionIsRefused) {
  const std::string stream =
      code_stream(field + "memory/dicom_lossless_jpeg_over_precision_2bit.dcm");
  for (const uint16_t stored : {1, 2, 8}) {
    const FileBuilder file = FileBuilder()
                                 .preamble(uid::jpeg_lossless_sv1)
                                 .radiograph(16, 16, 8, stored)
                                 .fragments({"", stream});
    EXPECT_TRUE(refusal(file.bytes())
                    .starts_with("test.dcm: expected samples of 2 bits from the code stream"));
  }
}

TEST(Field, JpegLsWithAPresetNeverEndsTheProcess) {
  EXPECT_THROW(read_file_named("memory/dicom_jpegls_reset3_assert_length.dcm"), Error);
}

TEST(Field, ACodeStreamDeeperThanBitsStoredIsBelieved) {
  const Radiograph xray = read_file_named("dicom/B6b_j2k_12bit_stream_10bit_header.dcm");
  EXPECT_EQ(xray.info.bits, 12);
  EXPECT_TRUE(has_warning(xray.info, "states 10 bits stored; the code stream has 12"));
  // LINEAR 2200/4096 of MONOCHROME1 at 0 and at 3916, the lowest and highest value: PS3.3 C.11.2.
  EXPECT_EQ(*std::min_element(xray.image.pixels.begin(), xray.image.pixels.end()), 21);
  EXPECT_EQ(*std::max_element(xray.image.pixels.begin(), xray.image.pixels.end()), 255);
}

// JPEG-LS of 10 bits (tools/oracles/jpeg_ls.py) under headers that state fewer.
TEST(Field, ADeeperJpegLsStreamIsBelievedSignedOrNot) {
  std::ifstream stream(EVAX_SOURCE_DIR "/tests/fixtures/dicom/jpeg_ls/ten_bits.jls",
                       std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const auto file = [&](uint16_t stored, uint16_t representation) {
    return FileBuilder()
        .preamble(uid::jpeg_ls)
        .radiograph(24, 24, 16, stored, representation)
        .fragments({"", bytes});
  };
  const Radiograph right = read(file(10, 0)), few = read(file(8, 0));
  EXPECT_EQ(right.info.window, "min-max 0..1023");
  EXPECT_TRUE(right.info.warnings.empty());
  EXPECT_EQ(few.info.window, right.info.window);
  EXPECT_EQ(few.image.pixels, right.image.pixels);
  EXPECT_TRUE(has_warning(few.info, "states 8 bits stored; the code stream has 10"));
  EXPECT_EQ(read(file(10, 1)).info.window, "min-max -510..511");
  EXPECT_EQ(read(file(8, 1)).info.window, "min-max -510..511");
  // A stream of all 16 allocated bits in which overlays are announced keeps its stored bits alone.
  FileBuilder overlay = explicit_file();
  overlay.radiograph(1, 2, 16, 8).pixels({0x0100, 0x00FF});
  EXPECT_TRUE(has_warning(read(overlay).info, "bits above the 8 that are stored"));
}

TEST(Field, PaddingIsOneOfTheValuesPixelsCanHave) {
  const Radiograph xray = read_file_named("dicom/A12_padding_US_for_signed.dcm");
  EXPECT_EQ(xray.info.window.substr(0, 8), "min-max ");
  EXPECT_EQ(xray.info.window.find("-2000"), std::string::npos) << xray.info.window;
  const auto window = [](uint16_t stored, const char* vr, uint16_t padding) {
    return read(explicit_file()
                    .radiograph(1, 3, 16, stored, 1)
                    .numbers(0x00280120, vr, {padding})
                    .pixels({padding, 0, 100}))
        .info.window;
  };
  EXPECT_EQ(window(16, "US", 0xF830), "min-max 0..100");  // -2000
  EXPECT_EQ(window(16, "SS", 0xF830), "min-max 0..100");
  EXPECT_EQ(window(12, "US", 0xF830), "min-max 0..100");
  EXPECT_EQ(window(12, "US", 0x0830), "min-max 0..100");  // -2000 in its 12 bits alone
  const auto unsigned_window = [](const char* vr) {
    return read(explicit_file()
                    .radiograph(1, 3, 16, 16)
                    .numbers(0x00280120, vr, {0xFFFF})
                    .pixels({0xFFFF, 0, 100}))
        .info.window;
  };
  EXPECT_EQ(unsigned_window("US"), "min-max 0..100");
  EXPECT_EQ(unsigned_window("SS"), "min-max 0..100");
}

FileBuilder lut_file(uint16_t declared, uint16_t highest) {
  return explicit_file()
      .radiograph(1, 2, 8, 8)
      .header(0x00283010, "SQ", 0xFFFFFFFF)
      .header(0xFFFEE000, "", 0xFFFFFFFF)
      .numbers(0x00283002, "US", {2, 0, declared})
      .numbers(0x00283006, "OW", {0, highest})
      .header(0xFFFEE00D, "", 0)
      .header(0xFFFEE0DD, "", 0)
      .pixels({0x0100});
}

TEST(Field, VoiLutsAreScaledByTheDepthTheyUse) {
  const Radiograph xray = read_file_named("dicom/A4_voi_lut_16bit_declared_12bit_data.dcm");
  EXPECT_EQ(*std::max_element(xray.image.pixels.begin(), xray.image.pixels.end()), 249);
  EXPECT_TRUE(has_warning(xray.info, "of 16 declared bits"));
  EXPECT_EQ(read(lut_file(16, 4095)).image.pixels, (Pixels{0, 255}));
  EXPECT_EQ(read(lut_file(16, 1000)).image.pixels, (Pixels{0, 249}));
  EXPECT_EQ(read(lut_file(14, 4000)).image.pixels, (Pixels{0, 249}));
  EXPECT_EQ(read(lut_file(16, 60000)).image.pixels, (Pixels{0, 233}));
  EXPECT_TRUE(read(lut_file(16, 60000)).info.warnings.empty());
  EXPECT_EQ(read_file_named("dicom/A4_voi_lut_16bit_declared_12bit_data.dcm", {.bits = 16})
                .image.pixels.size(),
            xray.image.pixels.size());
}

TEST(Field, ContradictionsAndRawPicturesAreNamed) {
  EXPECT_TRUE(has_warning(read_file_named("dicom/A8_mono2_shape_INVERSE.dcm").info,
                          "MONOCHROME2 with Presentation LUT Shape INVERSE"));
  EXPECT_TRUE(has_warning(read_file_named("dicom/r12_for_processing.dcm").info, "FOR PROCESSING"));
  FileBuilder file = explicit_file();
  file.radiograph(1, 2, 8, 8, 0, "MONOCHROME1").text(0x20500020, "CS", "INVERSE").pixels({0x0100});
  EXPECT_TRUE(read(file).info.warnings.empty());
}

TEST(Field, OtherModalitiesAreReadOnlyWhenAskedFor) {
  const std::string name = "dicom/B8_modality_DR.dcm";
  try {
    read_file_named(name);
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("modality DR; --force reads it anyway"),
              std::string::npos)
        << error.what();
  }
  const Radiograph xray = read_file_named(name, {.force = true});
  EXPECT_TRUE(has_warning(xray.info, "modality is DR"));
  EXPECT_EQ(xray.image.pixels, read_file_named("dicom/B9_body_UNKNOWN.dcm").image.pixels);
}

TEST(Field, OnlyTermsForOtherPartsOfTheBodyAreNamed) {
  for (const char* name : {"dicom/B9_body_TORAX.dcm", "dicom/B9_body_UNKNOWN.dcm"})
    EXPECT_FALSE(has_warning(read_file_named(name).info, "body part")) << name;
  const auto warns = [](const char* part) {
    return has_warning(
        read(explicit_file().text(0x00180015, "CS", part).radiograph(1, 2, 8, 8).pixels({0})).info,
        "body part");
  };
  for (const char* part : {"CHEST", "CHESTABDOMEN", "LUNG", "RIB", "POUMON", "TORACE", "BRUSTKORB"})
    EXPECT_FALSE(warns(part)) << part;
  for (const char* part : {"ABDOMEN", "Knee", "SKULL", "TSPINE", "ZYGOMA", "ARM"})
    EXPECT_TRUE(warns(part)) << part;
}

TEST(Field, PixelsThatAreNotSquareAreNamed) {
  const auto ratio = [](uint32_t tag, const char* vr, const char* value) {
    const Info info =
        read(explicit_file().radiograph(1, 2, 8, 8).text(tag, vr, value).pixels({0})).info;
    return info.warnings.empty() ? "square" : info.warnings[0].substr(0, 52);
  };
  const std::string twice = "the pixels are not square but 2 times as high as wid";
  EXPECT_EQ(ratio(0x00280034, "IS", "2\\1"), twice);
  EXPECT_EQ(ratio(0x00280030, "DS", "0.2\\0.1"), twice);
  EXPECT_EQ(ratio(0x00181164, "DS", "0.2\\0.1"), twice);
  EXPECT_EQ(ratio(0x00280034, "IS", "1\\1"), "square");
  EXPECT_EQ(ratio(0x00280030, "DS", "0.143\\0.1431"), "square");
  EXPECT_EQ(ratio(0x00280034, "IS", "0\\1"), "square");
}

TEST(Field, AJp2FileInAFragmentIsRead) {
  const Radiograph xray = read_file_named("dicom/B7_jp2_file_in_fragment.dcm");
  EXPECT_TRUE(has_warning(xray.info, "whole JP2 file"));
  EXPECT_EQ(xray.image.pixels, read_file_named("dicom/B9_body_UNKNOWN.dcm").image.pixels);
}

FileBuilder file_of(std::string_view syntax, uint16_t size, uint16_t bits,
                    const std::string& stream) {
  return FileBuilder()
      .preamble(syntax)
      .radiograph(size, size, bits > 8 ? 16 : 8, bits)
      .fragments({"", stream});
}

// Streams that lack their end marker, and such with padding behind it.
TEST(Field, EndMarkersMayBeMissingOrPadded) {
  struct Case {
    std::string_view syntax;
    const char* file;
    uint16_t size, bits;
  };
  const std::string files = EVAX_SOURCE_DIR "/tests/fixtures/dicom/files/";
  for (const Case& c : {Case{uid::jpeg_baseline, "real/SIIM_cxr_jpegbaseline_mono2.dcm", 1024, 8},
                        Case{uid::jpeg_ls_near, "derived/NIHDX_JPEGLS_near.dcm", 1024, 8}}) {
    std::string stream = code_stream(files + c.file);
    stream.resize(stream.rfind("\xFF\xD9"));
    const Radiograph whole = read(file_of(c.syntax, c.size, c.bits, stream + "\xFF\xD9"));
    EXPECT_TRUE(whole.info.warnings.empty());
    const Radiograph cut = read(file_of(c.syntax, c.size, c.bits, stream));
    EXPECT_EQ(cut.image.pixels, whole.image.pixels) << c.file;
    EXPECT_TRUE(has_warning(cut.info, "lacks its end marker"));
    const Radiograph padded =
        read(file_of(c.syntax, c.size, c.bits, stream + std::string("\xFF\xD9\0\0", 4)));
    EXPECT_EQ(padded.image.pixels, whole.image.pixels);
    EXPECT_TRUE(padded.info.warnings.empty());
    EXPECT_NE(
        refusal(file_of(c.syntax, c.size, c.bits, stream.substr(0, stream.size() - 9)).bytes()),
        "read");
  }
}

TEST(Field, StrayBytesBetweenJpegHeadersAreNamed) {
  std::string stream = code_stream(EVAX_SOURCE_DIR
                                   "/tests/fixtures/dicom/files/real/"
                                   "SIIM_cxr_jpegbaseline_mono2.dcm");
  const Radiograph whole = read(file_of(uid::jpeg_baseline, 1024, 8, stream));
  stream.insert(stream.find("\xFF\xDB"), "odd");
  const Radiograph odd = read(file_of(uid::jpeg_baseline, 1024, 8, stream));
  EXPECT_EQ(odd.image.pixels, whole.image.pixels);
  EXPECT_TRUE(has_warning(odd.info, "stray bytes"));
}

// The last tile-part of a JPEG 2000 stream may say length 0: up to the end marker.
TEST(Field, AJpeg2000TileOfOpenLengthEndsAtTheMarker) {
  const std::string file = field + "dicom/B6b_j2k_12bit_stream_10bit_header.dcm";
  std::string stream = code_stream(file);
  stream.resize(stream.rfind("\xFF\xD9"));
  const auto pixels = [](const std::string& bytes) {
    return read(file_of(uid::jpeg2000_lossless, 110, 12, bytes)).image.pixels;
  };
  const Pixels whole = pixels(stream + "\xFF\xD9");
  EXPECT_EQ(pixels(stream), whole);  // the length of its tile says that nothing is missing
  const size_t tile = stream.rfind(std::string("\xFF\x90\0\x0A", 4));
  stream.replace(tile + 6, 4, std::string(4, '\0'));
  EXPECT_EQ(pixels(stream + std::string("\xFF\xD9", 2)), whole);
  EXPECT_EQ(pixels(stream + std::string("\xFF\xD9\0", 3)), whole);
  EXPECT_NE(refusal(file_of(uid::jpeg2000_lossless, 110, 12, stream).bytes()), "read");
}

}  // namespace
}  // namespace evax::image::dicom
