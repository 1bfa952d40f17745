#include "evax/image/jpeg/jpeg.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/jpeg/exif.h"
#include "evax/image/test_support.h"

namespace evax::image {
namespace {

using namespace testing;
using namespace std::string_literals;

std::string fixture(const std::string& name) {
  const auto bytes = read_file((fixtures / "jpeg" / name).string(), 1 << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string outcome(const std::string& file) {
  try {
    decode_jpeg(std::as_bytes(std::span(file)), "x.jpg");
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

// Position of the first frame header (SOF0 or SOF2): marker, length, precision, height, width.
size_t frame_header(const std::string& file) {
  const size_t baseline = file.find("\xFF\xC0"s);
  return baseline != std::string::npos ? baseline : file.find("\xFF\xC2"s);
}

// The notes on a file that is read.
std::vector<std::string> notes(const std::string& file) {
  return decode_jpeg(std::as_bytes(std::span(file)), "x.jpg").info.warnings;
}

TEST(Jpeg, EveryTruncationBeforeTheLastCodedByteIsRefused) {
  constexpr size_t end_marker = 2;
  for (const char* name : {"grey_q30.jpg", "ycc420_q30.jpg", "ycc420_progressive.jpg"}) {
    const std::string file = fixture(name);
    ASSERT_EQ(outcome(file), "read");
    for (size_t size = 0; size < file.size() - end_marker; ++size)
      EXPECT_NE(outcome(file.substr(0, size)), "read") << name << ", " << size << " bytes";
  }
}

TEST(Jpeg, AMissingEndMarkerLosesNothing) {
  for (const char* name : {"grey_q30.jpg", "ycc420_q30.jpg", "ycc420_progressive.jpg"}) {
    const std::string file = fixture(name);
    const Image whole = decode_jpeg(std::as_bytes(std::span(file)), name).image;
    for (const size_t missing : {1, 2}) {
      const std::string cut = file.substr(0, file.size() - missing);
      EXPECT_EQ(decode_jpeg(std::as_bytes(std::span(cut)), name).image.pixels, whole.pixels);
      ASSERT_EQ(notes(cut).size(), 1U) << name;
      EXPECT_EQ(notes(cut)[0], "the file lacks its JPEG end marker; its pixels are complete");
    }
  }
}

// libjpeg warns of nothing in the scans that are there.
TEST(Jpeg, AProgressiveFileWithoutItsLastScansIsRefused) {
  const std::string file = fixture("ycc420_progressive.jpg");
  size_t scans = 0;
  for (size_t scan = file.find("\xFF\xDA"s); scan != std::string::npos;
       scan = file.find("\xFF\xDA"s, scan + 1)) {
    EXPECT_NE(outcome(file.substr(0, scan)), "read") << scan << " bytes";
    ++scans;
  }
  EXPECT_GT(scans, 1U);
}

TEST(Jpeg, StrayBytesBetweenHeadersLoseNothing) {
  const std::string file = fixture("ycc420_q30.jpg");
  const auto expected = decode_jpeg(std::as_bytes(std::span(file)), "x.jpg").image.pixels;
  for (const std::string& marker : {"\xFF\xDB"s, "\xFF\xC0"s, "\xFF\xDA"s, "\xFF\xD9"s}) {
    std::string odd = file;
    odd.insert(odd.rfind(marker), "odd bytes");
    EXPECT_EQ(decode_jpeg(std::as_bytes(std::span(odd)), "x.jpg").image.pixels, expected);
    ASSERT_EQ(notes(odd).size(), 1U);
    EXPECT_TRUE(notes(odd)[0].ends_with("stray bytes before a JPEG marker")) << notes(odd)[0];
  }
}

TEST(Jpeg, CodedPixelsThatLostTheirPlaceAreRefused) {
  std::string file = fixture("ycc420_q30.jpg");
  file.insert(file.size() - 2, std::string(100, 'x'));
  EXPECT_NE(outcome(file).find("extraneous bytes before marker 0xd9"), std::string::npos);
}

TEST(Jpeg, PixelsThatAreNotSquareAreNamed) {
  std::string file = fixture("ycc420_q30.jpg");
  const size_t density = file.find("JFIF") + 8;  // behind the name, the version and the unit
  file.replace(density, 4, "\0\x02\0\x01"s);     // twice as many columns as rows in an inch
  ASSERT_EQ(notes(file).size(), 1U);
  EXPECT_EQ(notes(file)[0].substr(0, 60),
            "the pixels are not square but 2 times as high as wide; the ima"s.substr(0, 60));
}

TEST(Jpeg, AChangedByteIsReadOrRefusedByName) {
  for (const char* name : {"ycc420_q30.jpg", "ycc420_progressive.jpg", "exif6.jpg"}) {
    const std::string file = fixture(name);
    size_t read = 0;
    for (size_t i = 0; i < file.size(); ++i) {
      std::string changed = file;
      changed[i] = static_cast<char>(~changed[i]);
      const std::string what = outcome(changed);
      if (what == "read")
        ++read;
      else
        EXPECT_TRUE(what.starts_with("x.jpg: ")) << name << ", byte " << i << ": " << what;
    }
    EXPECT_GT(read, 0U) << name;  // a changed sample
    EXPECT_LT(read, file.size()) << name;
  }
}

TEST(Jpeg, SaysWhatItFound) {
  EXPECT_EQ(outcome(fixture("cmyk_refused.jpg")),
            "x.jpg: expected a grey or RGB JPEG, found one in CMYK");
  const std::string file = fixture("grey_q95.jpg");
  EXPECT_EQ(outcome(file.substr(0, file.size() / 2)),
            "x.jpg: expected a sound JPEG, found: Premature end of JPEG file");
  std::string twelve_bits = file;
  twelve_bits[frame_header(file) + 4] = 12;
  EXPECT_EQ(outcome(twelve_bits),
            "x.jpg: expected a sound JPEG, found: Unsupported JPEG data precision 12");
  std::string lossless = file;
  lossless[frame_header(file) + 1] = '\xC3';
  EXPECT_EQ(outcome(lossless),
            "x.jpg: expected a sound JPEG, found: Unsupported JPEG process: SOF type 0xc3");
  std::string huge = file;
  huge.replace(frame_header(file) + 5, 4, "\xFF\x00\xFF\x00"s);
  EXPECT_EQ(outcome(huge),
            "x.jpg: expected an image of 1 to 100 megapixels, found 65280 x 65280 pixels");
}

std::string segment(char marker, const std::string& data) {
  const size_t length = data.size() + 2;
  return "\xFF"s + marker + static_cast<char>(length >> 8) + static_cast<char>(length) + data;
}

// A grey progressive picture of 8 x 8 whose only scan, one byte of data, comes `scans` times.
std::string repeated_scans(int scans) {
  std::string file = "\xFF\xD8" + segment('\xDB', "\0"s + std::string(64, '\1')) +
                     segment('\xC2', "\x08\0\x08\0\x08\x01\x01\x11\0"s) +
                     segment('\xC4', "\0\x01"s + std::string(16, '\0'));
  for (int i = 0; i < scans; ++i) file += segment('\xDA', "\x01\x01\0\0\0\0"s) + "\x7F";
  return file + "\xFF\xD9";
}

TEST(Jpeg, ScansWithoutEndAreRefused) {
  EXPECT_EQ(outcome(repeated_scans(500)), "read");
  EXPECT_EQ(outcome(repeated_scans(600)),
            "x.jpg: expected a sound JPEG, found: more than 500 scans");
  std::string large = repeated_scans(300);
  large.replace(frame_header(large) + 5, 4, "\x27\x10\x27\x10"s);
  EXPECT_NE(outcome(large), "read");
}

// A JPEG that holds one EXIF segment with this TIFF structure.
std::string with_exif(const std::string& tiff) {
  return "\xFF\xD8" + segment('\xE1', "Exif\0\0"s + tiff);
}

int orientation(const std::string& jpeg) {
  return exif_orientation(std::as_bytes(std::span(jpeg)));
}

TEST(Exif, ReadsBothByteOrders) {
  EXPECT_EQ(orientation(with_exif("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"s)), 6);
  EXPECT_EQ(orientation(with_exif("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0"s)), 8);
}

TEST(Exif, NonsenseIsUpright) {
  const std::string tiff = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"s;
  const std::string whole = with_exif(tiff);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(orientation(whole.substr(0, size)), 1);
  for (size_t size = 0; size < tiff.size() - 2; ++size)
    EXPECT_EQ(orientation(with_exif(tiff.substr(0, size))), 1) << size;
  const auto changed = [&](size_t at, char value) {
    std::string copy = tiff;
    copy[at] = value;
    return orientation(with_exif(copy));
  };
  EXPECT_EQ(changed(0, 'X'), 1);     // byte order
  EXPECT_EQ(changed(2, 'X'), 1);     // magic number
  EXPECT_EQ(changed(7, '\xFF'), 1);  // directory past the end
  EXPECT_EQ(changed(12, 2), 1);      // type: text
  EXPECT_EQ(changed(14, 2), 1);      // two values
  EXPECT_EQ(changed(18, 0), 1);
  EXPECT_EQ(changed(18, 9), 1);
  EXPECT_EQ(changed(9, '\xFF'), 6);  // more entries than there are bytes; ours is the first
}

}  // namespace
}  // namespace evax::image
