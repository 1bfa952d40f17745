#include "evax/image/png/png.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/test_support.h"

namespace evax::image {
namespace {

using namespace testing;
using namespace std::string_literals;

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big_endian(static_cast<uint32_t>(data.size())) + body +
         big_endian(libdeflate_crc32(0, body.data(), body.size()));
}

std::string header(uint32_t width, uint32_t height, int depth, int color, int interlace = 0) {
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", big_endian(width) + big_endian(height) + static_cast<char>(depth) +
                           static_cast<char>(color) + "\0\0"s + static_cast<char>(interlace));
}

std::string zlib(const std::string& data) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(1);
  std::string out(libdeflate_zlib_compress_bound(compressor, data.size()), '\0');
  out.resize(
      libdeflate_zlib_compress(compressor, data.data(), data.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

const std::string end = chunk("IEND", "");

std::string outcome(const std::string& file) {
  try {
    decode_png(std::as_bytes(std::span(file)), "x.png");
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

std::string fixture(const std::string& name) {
  const auto bytes = read_file((fixtures / "png" / name).string(), 1 << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Png, SamplesAreAsStored) {
  const auto rows = read_csv(fixtures / "samples.csv");  // tools/oracles/png_samples.py
  ASSERT_FALSE(rows.empty());
  for (const Row& row : rows) {
    const std::string file = fixture(row.at("file"));
    const Samples samples = decode_png_samples(std::as_bytes(std::span(file)), row.at("file"));
    EXPECT_EQ(samples.width, number(row, "width")) << row.at("file");
    EXPECT_EQ(samples.height, number(row, "height")) << row.at("file");
    EXPECT_EQ(samples.channels, number(row, "channels")) << row.at("file");
    EXPECT_EQ(samples.bits, number(row, "bits")) << row.at("file");
    EXPECT_EQ(sha256(std::as_bytes(std::span(samples.values))), row.at("sha256")) << row.at("file");
  }
}

TEST(Png, EveryTruncationIsRefused) {
  const std::string file = fixture("rgb8_interlaced.png");
  ASSERT_EQ(outcome(file), "read");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(outcome(file.substr(0, size)), "read") << size << " bytes";
}

TEST(Png, EveryChangedByteIsRefused) {
  for (const char* name : {"rgb8.png", "palette4.png"}) {
    const std::string file = fixture(name);
    for (size_t i = 0; i < file.size(); ++i)
      for (const int bit : {0, 5, 7}) {
        std::string changed = file;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        EXPECT_NE(outcome(changed), "read") << name << ", bit " << bit << " of byte " << i;
      }
  }
}

TEST(Png, WhatFollowsTheEndIsIgnored) { EXPECT_EQ(outcome(fixture("grey8.png") + "more"), "read"); }

TEST(Png, ADamagedAncillaryChunkIsIgnored) {
  std::string text = chunk("tEXt", "key\0value"s);
  text.back() = static_cast<char>(text.back() ^ 1);
  EXPECT_EQ(outcome(header(1, 1, 8, 0) + text + chunk("IDAT", zlib("\0\x7F"s)) + end), "read");
}

// Two samples of 16 bits in a picture of `color`: the second, or its last colour, is `value`.
std::string two_wide_samples(int color, unsigned value) {
  const std::string low = "\0\x40"s, high{static_cast<char>(value >> 8), static_cast<char>(value)};
  const std::string alpha = "\xFF\xFF";
  switch (color) {
    case 0: return header(2, 1, 16, 0) + chunk("IDAT", zlib("\0"s + low + high)) + end;
    case 2: return header(1, 1, 16, 2) + chunk("IDAT", zlib("\0"s + low + low + high)) + end;
    case 4:
      return header(2, 1, 16, 4) + chunk("IDAT", zlib("\0"s + low + alpha + high + alpha)) + end;
    default:
      return header(1, 1, 16, 6) + chunk("IDAT", zlib("\0"s + low + low + high + alpha)) + end;
  }
}

Radiograph decoded(const std::string& file, int bits = 0) {
  return decode_png(std::as_bytes(std::span(file)), "x.png", {.bits = bits});
}

TEST(Png, SixteenBitsAreScaledByTheDepthTheyUse) {
  struct Case {
    unsigned highest;
    int depth;
  };
  for (const int color : {0, 2, 4, 6})
    for (const auto& [highest, depth] :
         {Case{200, 8}, Case{255, 8}, Case{256, 10}, Case{1023, 10}, Case{1024, 12}, Case{4095, 12},
          Case{4096, 14}, Case{16383, 14}, Case{16384, 16}, Case{65535, 16}}) {
      const Radiograph xray = decoded(two_wide_samples(color, highest));
      const double most = (1 << depth) - 1;
      const bool cut = depth == 16 && color != 0;  // the high byte, as in Pillow
      const double level = cut ? highest >> 8 : std::round(255 * highest / most);
      EXPECT_EQ(xray.image.pixels.back(), level) << color << " " << highest;
      EXPECT_EQ(xray.image.pixels.front(), cut ? 0 : std::round(255 * 0x40 / most));
      EXPECT_EQ(xray.info.bits, 16);
      EXPECT_EQ(xray.info.warnings.size(), depth == 16 ? 0U : 1U);
    }
  EXPECT_EQ(decoded(two_wide_samples(0, 4080)).info.warnings.at(0),
            "of 16 declared bits the values, up to 4080, use 12 and are scaled by these");
}

TEST(Png, TheDepthThatIsAskedForWins) {
  EXPECT_EQ(decoded(two_wide_samples(0, 4080), 16).image.pixels.back(), 16);  // 15.9
  EXPECT_TRUE(decoded(two_wide_samples(0, 4080), 16).info.warnings.empty());
  EXPECT_EQ(decoded(two_wide_samples(0, 2000), 12).image.pixels.back(), 125);  // 124.5
  const Radiograph beyond = decoded(two_wide_samples(2, 5000), 12);
  EXPECT_EQ(beyond.image.pixels.back(), 255);
  EXPECT_EQ(beyond.info.warnings.at(0), "values up to 5000 are beyond the requested 12 bits");
  EXPECT_TRUE(decoded(fixture("grey8.png"), 12).info.warnings.empty());
}

TEST(Png, PixelsThatAreNotSquareAreNamed) {
  const auto file = [](uint32_t x, uint32_t y) {
    return header(1, 1, 8, 0) + chunk("pHYs", big_endian(x) + big_endian(y) + "\1"s) +
           chunk("IDAT", zlib("\0\x05"s)) + end;
  };
  EXPECT_TRUE(decoded(file(5000, 5001)).info.warnings.empty());
  EXPECT_TRUE(decoded(file(0, 0)).info.warnings.empty());
  EXPECT_EQ(decoded(file(10000, 5000)).info.warnings.at(0),
            "the pixels are not square but 2 times as high as wide; the image is read as if they "
            "were square");
}

TEST(Png, HugeHeadersAreRefusedBeforeMemoryIsTaken) {
  const std::string data = chunk("IDAT", zlib("\0\0"s)) + end;
  EXPECT_EQ(outcome(header(100'000, 100'000, 8, 0) + data),
            "x.png: expected an image of 1 to 100 megapixels, found 100000 x 100000 pixels");
  EXPECT_EQ(
      outcome(header(0xFFFFFFFF, 0xFFFFFFFF, 16, 6) + data),
      "x.png: expected an image of 1 to 100 megapixels, found 4294967295 x 4294967295 pixels");
  EXPECT_EQ(outcome(header(0, 5, 8, 0) + data),
            "x.png: expected an image of 1 to 100 megapixels, found 0 x 5 pixels");
  EXPECT_EQ(outcome(header(10'000, 10'000, 16, 6) + data),
            "x.png: expected an image that needs at most 960 MB of memory, found one that "
            "needs 1049");
  EXPECT_EQ(outcome(header(10'000, 10'000, 8, 0) + data),
            "x.png: damaged PNG: 13 bytes of image data cannot hold 10000 x 10000 pixels");
}

TEST(Png, ImageDataOfTheWrongLengthAreRefused) {
  const std::string head = header(2, 2, 8, 0);
  EXPECT_EQ(outcome(head + chunk("IDAT", zlib("\0aa\0bb"s)) + end), "read");
  EXPECT_EQ(outcome(head + chunk("IDAT", zlib("\0aa\0b"s)) + end),
            "x.png: damaged PNG: its image data end too early");
  EXPECT_EQ(outcome(head + chunk("IDAT", zlib("\0aa\0bbb"s)) + end),
            "x.png: damaged PNG: its image data continue after the image");
  EXPECT_EQ(outcome(head + chunk("IDAT", "no zlib stream") + end),
            "x.png: damaged PNG: its image data cannot be decompressed");
  EXPECT_EQ(outcome(head + chunk("IDAT", "") + end),
            "x.png: expected a PNG, found no image data in it");
  EXPECT_EQ(outcome(head + end), "x.png: expected a PNG, found no image data in it");
}

TEST(Png, ImpossibleContentIsRefused) {
  const std::string pixel = chunk("IDAT", zlib("\0\x05"s));
  EXPECT_EQ(outcome(header(1, 1, 8, 0) + chunk("IDAT", zlib("\x05\0"s)) + end),
            "x.png: damaged PNG: found the scanline filter 5");
  EXPECT_EQ(outcome(header(1, 1, 8, 3) + pixel + end),
            "x.png: expected a PNG with a palette, found none");
  EXPECT_EQ(outcome(header(1, 1, 8, 3) + chunk("PLTE", "rgbRGB") + pixel + end),
            "x.png: damaged PNG: a pixel points past the end of the palette of 2 colours");
  EXPECT_EQ(outcome(header(1, 1, 8, 3) + chunk("PLTE", "rgbR") + pixel + end),
            "x.png: expected a PNG palette of 1 to 256 colours, found 4 bytes");
  EXPECT_EQ(outcome(header(1, 1, 4, 2) + pixel + end),
            "x.png: expected a PNG of a known kind, found colour type 2, 4 bits, compression 0, "
            "filter 0, interlace 0");
  EXPECT_EQ(outcome(header(1, 1, 8, 0, 2) + pixel + end),
            "x.png: expected a PNG of a known kind, found colour type 0, 8 bits, compression 0, "
            "filter 0, interlace 2");
  EXPECT_EQ(outcome(header(1, 1, 8, 0) + chunk("CgBI", "") + pixel + end),
            "x.png: expected a PNG, found the unknown critical chunk CgBI");
  EXPECT_EQ(outcome(header(1, 1, 8, 0) + pixel + chunk("tEXt", "a") + pixel + end),
            "x.png: expected the image data of a PNG in one run, found another chunk within");
  EXPECT_EQ(
      outcome("\x89PNG\r\n\x1a\n" + chunk("IDAT", "0123456789") + end),
      "x.png: expected a PNG that begins with a header of 13 bytes, found an IDAT chunk of 10");
}

}  // namespace
}  // namespace evax::image
