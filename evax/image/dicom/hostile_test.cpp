// Files made to hurt: each must be refused with a sentence that says what is wrong.

#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <string>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/file_builder.h"
#include "evax/image/dicom/format/container.h"
#include "evax/image/dicom/format/transfer_syntax.h"

namespace evax::image::dicom {
namespace {

std::string refusal(std::string_view bytes) {
  try {
    decode_dicom(std::as_bytes(std::span(bytes)), "test.dcm");
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

std::string refusal(const FileBuilder& file) { return refusal(file.bytes()); }

FileBuilder explicit_file() { return FileBuilder().preamble(uid::explicit_little_endian); }

// Whether the file is refused with `part` in the sentence.
testing::AssertionResult says(std::string_view file, std::string_view part) {
  const std::string sentence = refusal(file);
  if (sentence.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "expected '" << part << "', found: " << sentence;
}

testing::AssertionResult says(const FileBuilder& file, std::string_view part) {
  return says(std::string_view(file.bytes()), part);
}

void open_sequences(FileBuilder& file, int depth) {
  for (int i = 0; i < depth; ++i)
    file.header(0x00400275, "SQ", 0xFFFFFFFF).header(0xFFFEE000, "", 0xFFFFFFFF);
}

TEST(Hostile, SequencesTenThousandDeep) {
  FileBuilder file = explicit_file();
  open_sequences(file, 10'000);
  EXPECT_TRUE(says(file, "at most 64 deep"));
}

TEST(Hostile, SixtyFourDeepIsRead) {
  FileBuilder file = explicit_file();
  open_sequences(file, 64);
  for (int i = 0; i < 64; ++i) file.header(0xFFFEE00D, "", 0).header(0xFFFEE0DD, "", 0);
  EXPECT_EQ(refusal(file.radiograph(1, 2, 8, 8).pixels({0})), "read");
}

TEST(Hostile, SequencesWithoutDelimiter) {
  FileBuilder item = explicit_file();
  open_sequences(item, 1);
  EXPECT_TRUE(says(item, "found the end"));
  FileBuilder sequence = explicit_file();
  sequence.header(0x00400275, "SQ", 0xFFFFFFFF);
  EXPECT_TRUE(says(sequence, "found the end"));
  FileBuilder pixels = FileBuilder().preamble(uid::rle).radiograph(1, 2, 8, 8);
  pixels.header(0x7FE00010, "OB", 0xFFFFFFFF).value(0xFFFEE000, "", "");
  EXPECT_TRUE(says(pixels, "found the end"));
}

TEST(Hostile, LengthsPastTheEnd) {
  EXPECT_TRUE(says(explicit_file().header(0x00080070, "LO", 60000).raw("short"), "before its end"));
  EXPECT_TRUE(
      says(explicit_file().header(0x00080070, "UT", 0xFFFFFFFE).raw("short"), "before its end"));
  EXPECT_TRUE(
      says(explicit_file().header(0x00283010, "SQ", 0xFFFFFFF0).raw("short"), "before its end"));
  FileBuilder item = explicit_file();
  item.header(0x00283010, "SQ", 16).header(0xFFFEE000, "", 9).raw("12345678");
  EXPECT_TRUE(says(item, "before its end"));
  EXPECT_TRUE(says(FileBuilder()
                       .preamble(uid::rle)
                       .radiograph(1, 2, 8, 8)
                       .header(0x7FE00010, "OB", 0xFFFFFFFF)
                       .header(0xFFFEE000, "", 0x7FFFFFFF),
                   "before its end"));
  EXPECT_TRUE(says(explicit_file().raw("\x08"), "within it"));
}

TEST(Hostile, EveryPrefixOfAFile) {
  FileBuilder file = explicit_file();
  open_sequences(file, 1);
  file.header(0xFFFEE00D, "", 0).header(0xFFFEE0DD, "", 0).radiograph(2, 2, 8, 8).pixels({1, 2});
  ASSERT_EQ(refusal(file), "read");
  for (size_t size = 0; size < file.bytes().size(); ++size)
    EXPECT_TRUE(says(std::string_view(file.bytes()).substr(0, size), "expected")) << size;
}

TEST(Hostile, OddLengthsAreReadAsTheyStand) {
  FileBuilder file = explicit_file();
  file.value(0x00180015, "CS", "CHEST").radiograph(1, 3, 8, 8);
  EXPECT_EQ(refusal(file.value(0x7FE00010, "OB", "abc")), "read");
}

TEST(Hostile, ValueRepresentationThatIsNone) {
  EXPECT_TRUE(
      says(explicit_file().raw(std::string("\x08\x00\x05\x00\x01\x02\x00\x00", 8)), "two letters"));
}

TEST(Hostile, StrayDelimiters) {
  EXPECT_TRUE(says(explicit_file().header(0xFFFEE00D, "", 0), "found the delimiter (FFFE,E00D)"));
  EXPECT_TRUE(
      says(explicit_file().header(0x00400275, "SQ", 0xFFFFFFFF).text(0x00080060, "CS", "CR"),
           "expected an item"));
}

TEST(Hostile, HugePictures) {
  EXPECT_TRUE(
      says(explicit_file().radiograph(65535, 65535).pixels({0}), "pixels, found 65535 x 65535"));
  EXPECT_TRUE(says(explicit_file().radiograph(10000, 10000).pixels({0}), "found 2 bytes"));
  FileBuilder encapsulated = FileBuilder().preamble(uid::jpeg_baseline).radiograph(65535, 65535);
  EXPECT_TRUE(says(encapsulated.fragments({"", "x"}), "found 65535 x 65535"));
  FileBuilder many = explicit_file();
  many.text(0x00280008, "IS", "4000000000").radiograph(2, 2, 8, 8).pixels({0, 0});
  EXPECT_TRUE(says(many, "in each of 4000000000 frames"));
}

TEST(Hostile, MissingRows) {
  EXPECT_TRUE(says(explicit_file().radiograph(3, 2, 8, 8).pixels({0, 0}), "6 bytes of PixelData"));
  EXPECT_TRUE(says(explicit_file().radiograph(0, 2, 8, 8).pixels({0}), "Rows x Columns"));
  EXPECT_TRUE(says(explicit_file().text(0x00080060, "CS", "CR").pixels({0}), "missing Rows"));
}

TEST(Hostile, BitsThatDoNotFit) {
  EXPECT_TRUE(says(explicit_file().radiograph(1, 1, 8, 12).pixels({0}), "BitsStored"));
  EXPECT_TRUE(says(explicit_file().radiograph(1, 1, 16, 0).pixels({0}), "BitsStored"));
  EXPECT_TRUE(
      says(explicit_file().radiograph(1, 1, 32, 32).pixels({0, 0}), "BitsAllocated 8 or 16"));
  EXPECT_TRUE(says(explicit_file().radiograph(1, 1, 16, 12, 2).pixels({0}), "PixelRepresentation"));
  EXPECT_TRUE(
      says(explicit_file().numbers(0x00280102, "US", {3}).radiograph(1, 1).pixels({0}), "HighBit"));
  EXPECT_TRUE(
      says(explicit_file().radiograph(1, 1, 8, 8, 0, "YBR_FULL").pixels({0}), "grey image"));
}

TEST(Hostile, RescaleThatIsNoNumber) {
  for (const char* slope : {"nan", "inf", "0", "1e300", "1e999", "two", "1,5"})
    EXPECT_TRUE(
        says(explicit_file().text(0x00281053, "DS", slope).radiograph(1, 1, 8, 8).pixels({0}),
             "RescaleSlope"))
        << slope;
}

FileBuilder with_lut(const std::vector<uint16_t>& descriptor, const std::vector<uint16_t>& data) {
  FileBuilder file = explicit_file();
  file.radiograph(1, 1, 8, 8).header(0x00283010, "SQ", 0xFFFFFFFF);
  file.header(0xFFFEE000, "", 0xFFFFFFFF);
  if (!descriptor.empty()) file.numbers(0x00283002, "US", descriptor);
  if (!data.empty()) file.numbers(0x00283006, "OW", data);
  return file.header(0xFFFEE00D, "", 0).header(0xFFFEE0DD, "", 0).pixels({0});
}

TEST(Hostile, LutsThatLie) {
  EXPECT_EQ(refusal(with_lut({3, 0, 16}, {1, 2, 3})), "read");
  EXPECT_TRUE(says(with_lut({4, 0, 16}, {1, 2, 3}), "4 entries, found 6 bytes"));
  EXPECT_TRUE(says(with_lut({0, 0, 16}, {1, 2, 3}), "65536 entries"));
  EXPECT_TRUE(says(with_lut({3, 0, 0}, {1, 2, 3}), "1 to 16 bits"));
  EXPECT_TRUE(says(with_lut({3, 0, 17}, {1, 2, 3}), "1 to 16 bits"));
  EXPECT_TRUE(says(with_lut({3, 0}, {1, 2, 3}), "LUTDescriptor"));
  EXPECT_TRUE(says(with_lut({}, {1, 2, 3}), "LUTDescriptor"));
  EXPECT_TRUE(says(with_lut({3, 0, 16}, {}), "LUTData"));
}

FileBuilder rle_file(uint32_t segments, uint32_t offset, std::string_view data) {
  FileBuilder frame;
  frame.u32(segments).u32(offset);
  for (int i = 0; i < 14; ++i) frame.u32(0);
  frame.raw(data);
  return FileBuilder().preamble(uid::rle).radiograph(1, 4, 8, 8).fragments({"", frame.bytes()});
}

TEST(Hostile, RleThatLies) {
  EXPECT_EQ(refusal(rle_file(1, 64, std::string("\xFD\x07", 2))), "read");  // 7 four times
  EXPECT_TRUE(says(rle_file(2, 64, "\xFD\x07"), "1 RLE segments"));
  EXPECT_TRUE(says(rle_file(0xFFFFFFFF, 64, "\xFD\x07"), "1 RLE segments"));
  EXPECT_TRUE(says(rle_file(1, 0, "\xFD\x07"), "within the"));
  EXPECT_TRUE(says(rle_file(1, 0xFFFFFFF0, "\xFD\x07"), "within the"));
  EXPECT_TRUE(says(rle_file(1, 64, "\xFE\x07"), "found 3 before its end"));
  EXPECT_TRUE(says(rle_file(1, 64, "\xFC\x07"), "found more"));
  EXPECT_TRUE(says(rle_file(1, 64, "\x03\x07\x07"), "before its end"));
  EXPECT_TRUE(says(rle_file(1, 64, "\x80\x80\x80"), "before its end"));
  EXPECT_TRUE(says(FileBuilder().preamble(uid::rle).radiograph(1, 4, 8, 8).fragments({"", "short"}),
                   "RLE header"));
}

TEST(Hostile, FragmentsAndOffsetsThatLie) {
  const auto file = [](const char* frames, const std::vector<std::string>& items) {
    FileBuilder builder = FileBuilder().preamble(uid::rle);
    return builder.text(0x00280008, "IS", frames).radiograph(1, 4, 8, 8).fragments(items);
  };
  EXPECT_TRUE(says(file("1", {}), "missing PixelData"));
  EXPECT_TRUE(says(file("1", {""}), "found 0"));
  EXPECT_TRUE(says(file("3", {"", "a", "b"}), "at least 3 fragments"));
  EXPECT_TRUE(says(file("2", {"", "a", "b", "c"}), "offset table"));
  EXPECT_TRUE(says(file("2", {std::string("\0\0\0\0\xFF\xFF\xFF\x7F", 8), "a", "b", "c"}),
                   "fragment's start"));
  EXPECT_TRUE(says(file("2", {std::string(8, '\0'), "a", "b", "c"}), "fragment's start"));
  EXPECT_TRUE(says(file("0", {"", "a"}), "NumberOfFrames"));
  EXPECT_TRUE(says(file("-1", {"", "a"}), "NumberOfFrames"));
}

TEST(Hostile, TransferSyntaxThatDoesNotFit) {
  EXPECT_TRUE(says(FileBuilder().preamble("1.2.3.4").radiograph(1, 1, 8, 8).pixels({0}),
                   "transfer syntax"));
  EXPECT_TRUE(
      says(FileBuilder().preamble(uid::rle).radiograph(1, 1, 8, 8).pixels({0}), "in fragments"));
  EXPECT_TRUE(says(explicit_file().radiograph(1, 1, 8, 8).fragments({"", "ab"}), "native"));
}

std::string deflated(std::string_view plain, int flush) {
  std::string out(plain.size() + 1024, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Hostile, DeflatedBomb) {
  // A gigabyte of zeros: the same megabyte, flushed to a byte boundary, a thousand times.
  const std::string block = deflated(std::string(size_t{1} << 20, '\0'), Z_FULL_FLUSH);
  FileBuilder file = FileBuilder().preamble(uid::deflated);
  for (int i = 0; i < 1024; ++i) file.raw(block);
  EXPECT_TRUE(says(file, "at most 512 MB"));
}

TEST(Hostile, DeflatedDataSetCutOrDamaged) {
  const FileBuilder plain = FileBuilder().radiograph(2, 2, 8, 8).pixels({1, 2});
  const std::string packed = deflated(plain.bytes(), Z_FINISH);
  EXPECT_EQ(refusal(FileBuilder().preamble(uid::deflated).raw(packed)), "read");
  const std::string whole = FileBuilder().preamble(uid::deflated).raw(packed).bytes();
  EXPECT_TRUE(open_container(std::as_bytes(std::span(whole))).memory);  // before it is inflated
  EXPECT_TRUE(says(FileBuilder().preamble(uid::deflated).raw(packed.substr(0, packed.size() / 2)),
                   "a cut one"));
  EXPECT_TRUE(says(FileBuilder().preamble(uid::deflated).raw("\xFF\xFF\xFF\xFF"), "a damaged one"));
  EXPECT_TRUE(says(FileBuilder().preamble(uid::deflated), "deflated"));
}

std::string jpeg_header(uint8_t sof, uint8_t precision, uint16_t height, uint16_t width,
                        uint8_t components) {
  std::string stream = "\xFF\xD8\xFF";
  stream += static_cast<char>(sof);
  FileBuilder body(true, true);
  body.u16(static_cast<uint16_t>(8 + 3 * components));
  stream += body.bytes() + static_cast<char>(precision);
  stream += FileBuilder(true, true).u16(height).u16(width).bytes() + static_cast<char>(components);
  for (int i = 0; i < components; ++i) stream += std::string("\x01\x11\x00", 3);
  return stream + std::string("\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00", 10);  // a scan
}

FileBuilder jpeg_file(std::string_view syntax, const std::string& stream) {
  return FileBuilder().preamble(syntax).radiograph(64, 64, 16, 12).fragments({"", stream});
}

TEST(Hostile, JpegHeadersAreComparedBeforeDecoding) {
  const auto baseline = [](const std::string& s) { return jpeg_file(uid::jpeg_baseline, s); };
  EXPECT_TRUE(says(baseline(jpeg_header(0xC0, 8, 65535, 65535, 1)), "found 65535 x 65535"));
  EXPECT_TRUE(says(baseline(jpeg_header(0xC0, 8, 0, 64, 1)), "found 64 x 0"));
  EXPECT_TRUE(says(baseline(jpeg_header(0xC0, 8, 64, 64, 3)), "with 3"));
  EXPECT_TRUE(says(baseline(jpeg_header(0xC2, 8, 64, 64, 1)), "SOF marker c2"));
  EXPECT_TRUE(says(baseline(jpeg_header(0xC0, 12, 64, 64, 1)), "SOF marker c0 of 12 bits"));
  EXPECT_TRUE(says(baseline(jpeg_header(0xC0, 8, 64, 64, 1)), "damaged or cut"));
  EXPECT_TRUE(says(baseline(std::string("\xFF\xD8\xFF\xDA\x00\x02", 6)), "before the scan"));
  EXPECT_TRUE(says(baseline("\xFF\xD8\xFF\xD0 or so"), "found marker d0"));
  // A DC table with one code, whose difference of 16 bits DCMTK 3.6.7 would look up out of bounds.
  const std::string symbol_16 =
      std::string("\xFF\xC4\x00\x14\x00\x01", 6) + std::string(15, '\0') + "\x10";
  const std::string stream = jpeg_header(0xC1, 12, 64, 64, 1);
  EXPECT_TRUE(says(jpeg_file(uid::jpeg_extended, "\xFF\xD8" + symbol_16 + stream.substr(2)),
                   "at most 15 bits in the JPEG stream, found 16"));
  EXPECT_TRUE(says(baseline("\xFF\xD8\xFF\xE0\xFF\xFF"), "found"));
  EXPECT_TRUE(says(baseline("\xFF\xD8 not a marker"), "found marker d9"));
  EXPECT_TRUE(says(baseline("RIFF"), "ff d8"));
  const auto lossless = [](const std::string& s) { return jpeg_file(uid::jpeg_lossless_sv1, s); };
  EXPECT_TRUE(says(lossless(jpeg_header(0xC3, 17, 64, 64, 1)), "at most 16 bits"));
  EXPECT_TRUE(says(lossless(jpeg_header(0xC3, 16, 64, 64, 1)), "damaged or cut"));
  EXPECT_TRUE(says(lossless(jpeg_header(0xC0, 8, 64, 64, 1)), "SOF marker c0"));
  const auto ls = [](const std::string& s) { return jpeg_file(uid::jpeg_ls, s); };
  EXPECT_TRUE(says(ls(jpeg_header(0xF7, 12, 65535, 64, 1)), "found 64 x 65535"));
  EXPECT_TRUE(says(ls(jpeg_header(0xF7, 12, 64, 64, 1)), "damaged or cut"));
}

TEST(Hostile, CompressedStreamLargerThanItsPicture) {
  EXPECT_TRUE(
      says(jpeg_file(uid::jpeg_baseline, std::string(100'000, 'x')), "at most 74752 bytes"));
}

// Entropy-coded data cut in the middle, with a proper end marker and in proper containers, is
// what decoders pad with grey.
TEST(Hostile, CutCodeStreamsWithAnEndMarker) {
  struct Case {
    const char* file;
    std::string_view start, end;  // of the code stream
  };
  const std::vector<Case> cases = {
      {"real/SIIM_cxr_jpegbaseline_mono2.dcm", "\xFF\xD8\xFF", "\xFF\xD9"},
      {"derived/NIHDX_JPEGLS_near.dcm", "\xFF\xD8\xFF", "\xFF\xD9"}};
  for (const Case& c : cases) {
    const auto bytes = read_file(
        EVAX_SOURCE_DIR "/tests/fixtures/dicom/files/" + std::string(c.file), size_t{1} << 20);
    const std::string_view whole(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const size_t start = whole.find(c.start), end = whole.rfind(c.end);
    const std::string_view syntax =
        std::string_view(c.file).find("JPEGLS") != std::string_view::npos ? uid::jpeg_ls_near
                                                                          : uid::jpeg_baseline;
    for (const double part : {1.0, 0.99, 0.5}) {
      const auto size = static_cast<size_t>(part * static_cast<double>(end - start));
      FileBuilder file = FileBuilder().preamble(syntax).radiograph(1024, 1024, 8, 8);
      file.fragments({"", std::string(whole.substr(start, size)) + std::string(c.end)});
      if (part == 1)
        EXPECT_EQ(refusal(file), "read") << c.file;
      else
        EXPECT_TRUE(says(file, "damaged or cut")) << c.file;
    }
  }
}

TEST(Hostile, MessagesNeverCarryTheFilesBytes) {
  EXPECT_TRUE(
      says(explicit_file().text(0x00080060, "CS", "C\nT\x1b[2J"), "modality C\\x0aT\\x1b[2J"));
  EXPECT_LE(refusal(explicit_file().text(0x00080060, "CS", std::string(5000, 'X'))).size(), 400U);
}

TEST(Hostile, TextAsLongAsTheFile) {
  FileBuilder file(false, false);
  file.preamble(uid::implicit_little_endian);
  const std::string megabytes(size_t{8} << 20, '1');
  file.text(0x00280008, "", megabytes);
  EXPECT_TRUE(says(file.radiograph(1, 1, 8, 8).pixels({0}), "NumberOfFrames"));
  FileBuilder window(false, false);
  window.preamble(uid::implicit_little_endian).text(0x00281050, "", megabytes);
  EXPECT_EQ(refusal(window.text(0x00281051, "", megabytes).radiograph(1, 1, 8, 8).pixels({0})),
            "read");
}

TEST(IsDicom, KnowsThePreambleAndPlainDataSets) {
  const auto is = [](std::string_view bytes) { return is_dicom(std::as_bytes(std::span(bytes))); };
  EXPECT_TRUE(is(explicit_file().bytes()));
  EXPECT_TRUE(is(FileBuilder(true, false).text(0x00080005, "CS", "ISO_IR 100").bytes()));
  EXPECT_TRUE(is(FileBuilder(false, false).text(0x00080005, "", "ISO_IR 100").bytes()));
  EXPECT_TRUE(is(FileBuilder(true, true).text(0x00080005, "CS", "ISO_IR 100").bytes()));
  EXPECT_FALSE(is(""));
  EXPECT_FALSE(is("\x08"));
  EXPECT_FALSE(is(std::string(132, '\0')));
  EXPECT_FALSE(is("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
  EXPECT_FALSE(is("\xFF\xD8\xFF\xE0\x00\x10JFIF"));
  EXPECT_FALSE(is(FileBuilder(false, false).header(0x00080005, "", 500).bytes()));
}

}  // namespace
}  // namespace evax::image::dicom
