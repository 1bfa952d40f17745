#include <gtest/gtest.h>

#include <string>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codestream.h"
#include "evax/image/dicom/file_builder.h"

namespace evax::image::dicom {
namespace {

struct Stream {
  uint32_t width = 1000, height = 800, tile_width = 1000, tile_height = 800;
  uint16_t layers = 1;
  uint8_t levels = 5, block_x = 4, block_y = 4,
          precinct = 0;  // blocks of 2^(x + 2); 0: whole bands
  uint16_t tile = 0, tile_part_markers = 0;
  uint32_t tile_part_length = 0;

  std::string bytes() const {
    FileBuilder b(true, true);
    b.u16(0xFF4F).u16(0xFF51).u16(41).u16(0).u32(width).u32(height).u32(0).u32(0);
    b.u32(tile_width).u32(tile_height).u32(0).u32(0).u16(1).raw("\x0B\x01\x01");  // 12 bits
    const size_t count = precinct != 0 ? levels + size_t{1} : 0;
    b.u16(0xFF52).u16(static_cast<uint16_t>(12 + count)).raw(std::string(1, precinct != 0 ? 1 : 0));
    b.raw(std::string(1, '\0')).u16(layers).raw(std::string(1, '\0'));
    for (const uint8_t byte : {levels, block_x, block_y, uint8_t{0}, uint8_t{1}})
      b.raw(std::string(1, static_cast<char>(byte)));
    b.raw(std::string(count, static_cast<char>(precinct)));
    b.u16(0xFF90).u16(10).u16(tile).u32(tile_part_length).u16(0x0001);
    for (int i = 0; i < tile_part_markers; ++i) b.u16(0xFF52).u16(2);
    return b.u16(0xFF93).raw("data").bytes();
  }
};

std::string refusal(const std::string& stream) {
  try {
    read_jpeg2000_header(std::as_bytes(std::span(stream)));
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

// Whether the stream is refused with `part` in the sentence.
testing::AssertionResult says(const Stream& stream, std::string_view part) {
  const std::string sentence = refusal(stream.bytes());
  if (sentence.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "expected '" << part << "', found: " << sentence;
}

TEST(Jpeg2000Header, ReadsSizeAndPrecision) {
  const std::string stream = Stream().bytes();
  const CodestreamHeader header = read_jpeg2000_header(std::as_bytes(std::span(stream)));
  EXPECT_EQ(header.width, 1000U);
  EXPECT_EQ(header.height, 800U);
  EXPECT_EQ(header.components, 1);
  EXPECT_EQ(header.precision, 12);
  EXPECT_FALSE(header.is_signed);
}

TEST(Jpeg2000Header, EveryPrefixIsRefusedUpToTheTileData) {
  const std::string stream = Stream().bytes();
  for (size_t size = 0; size + 4 < stream.size(); ++size)
    EXPECT_NE(refusal(stream.substr(0, size)), "read") << size;
}

TEST(Jpeg2000Header, RefusesTablesLargerThanThePicture) {
  EXPECT_TRUE(says((Stream{.tile_width = 1, .tile_height = 1}), "at most 16384 JPEG 2000 tiles"));
  EXPECT_TRUE(says((Stream{.tile_width = 0}), "tiles of 0 x 800"));
  EXPECT_TRUE(says((Stream{.width = 9000,
                           .height = 9000,
                           .tile_width = 9000,
                           .tile_height = 9000,
                           .block_x = 0,
                           .block_y = 0}),
                   "code-blocks and precincts"));
  EXPECT_TRUE(says((Stream{.precinct = 0x11}), "code-blocks and precincts"));
  EXPECT_TRUE(says((Stream{.precinct = 0xF0}), "at least 2 x 2"));
  EXPECT_TRUE(says((Stream{.layers = 65535, .precinct = 0x77}), "JPEG 2000 packets"));
  EXPECT_TRUE(says((Stream{.layers = 0}), "within the standard"));
  EXPECT_TRUE(says((Stream{.levels = 33}), "within the standard"));
  EXPECT_TRUE(says((Stream{.block_x = 255}), "within the standard"));
}

TEST(Jpeg2000Header, RefusesMissingAndWrongTiles) {
  EXPECT_TRUE(says((Stream{.tile_height = 400}), "2 JPEG 2000 tiles, found 1"));
  EXPECT_TRUE(says((Stream{.tile = 7}), "found tile 7"));
  EXPECT_TRUE(says((Stream{.tile_part_length = 0xFFFFFFFF}), "tile-part of 4294967295 bytes"));
  EXPECT_TRUE(says((Stream{.tile_part_length = 3}), "longer than its header"));
  EXPECT_TRUE(says((Stream{.tile_part_markers = 1}), "no marker ff52"));
}

}  // namespace
}  // namespace evax::image::dicom
