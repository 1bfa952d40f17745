#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/image/dicom/codec/codecs.h"

namespace evax::image::dicom {
namespace {

std::string stream_named(const std::string& name) {
  std::ifstream file(EVAX_SOURCE_DIR "/tests/fixtures/dicom/jpeg_ls/" + name + ".jls",
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<uint16_t> decode(const std::string& stream) {
  const Bytes bytes = std::as_bytes(std::span(stream));
  return decode_jpeg_ls(bytes, read_jpeg_header(bytes));
}

std::string refusal(const std::string& stream) {
  try {
    decode(stream);
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

// Streams and samples of tools/oracles/jpeg_ls.py.
class JpegLs : public testing::TestWithParam<const char*> {};

TEST_P(JpegLs, DecodesPresetsAndOddDepths) {
  const std::string stream = stream_named(GetParam());
  ASSERT_FALSE(stream.empty());
  const Tensor expected =
      read_npy(EVAX_SOURCE_DIR "/tests/fixtures/dicom/jpeg_ls/" + std::string(GetParam()) + ".npy");
  const auto* values = reinterpret_cast<const int32_t*>(expected.bytes().data());
  const std::vector<uint16_t> samples = decode(stream);
  ASSERT_EQ(samples.size() * sizeof(int32_t), expected.bytes().size());
  for (size_t i = 0; i < samples.size(); ++i) ASSERT_EQ(samples[i], values[i]) << i;
}

TEST_P(JpegLs, EveryCutInItsDataIsRefused) {
  const std::string stream = stream_named(GetParam());
  for (size_t size = 0; size + 3 < stream.size(); ++size) {
    EXPECT_NE(refusal(stream.substr(0, size)), "read") << size;
    EXPECT_NE(refusal(stream.substr(0, size) + "\xFF\xD9"), "read") << size;
  }
}

TEST_P(JpegLs, AChangedByteGivesSamplesOrARefusal) {
  const std::string stream = stream_named(GetParam());
  size_t refused = 0;
  for (size_t i = 0; i < stream.size(); ++i)
    for (const int bits : {0x01, 0x80, 0xFF}) {
      std::string changed = stream;
      changed[i] = static_cast<char>(changed[i] ^ bits);
      try {
        const Bytes bytes = std::as_bytes(std::span(changed));
        const CodestreamHeader header = read_jpeg_header(bytes);
        if (header.samples() < 10'000 && header.components == 1 && header.precision >= 2 &&
            header.precision <= 16) {
          EXPECT_EQ(decode_jpeg_ls(bytes, header).size(), header.samples()) << "byte " << i;
        }
      } catch (const Error& error) {
        EXPECT_STRNE(error.what(), "") << "byte " << i;
        ++refused;
      }
    }
  EXPECT_GT(refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(Streams, JpegLs,
                         testing::Values("reset_3", "reset_255", "reset_1000", "thresholds_equal",
                                         "sixteen_bits_reset_3", "near_2_reset_7", "two_bits",
                                         "seven_bits", "ten_bits"),
                         [](const auto& stream) { return std::string(stream.param); });

// The presets of a stream with an LSE segment, which begins at its first FF F8.
std::string with_preset(std::string stream, size_t index, uint16_t value) {
  const size_t at = stream.find("\xFF\xF8") + 5 + 2 * index;
  stream[at] = static_cast<char>(value >> 8);
  stream[at + 1] = static_cast<char>(value & 0xFF);
  return stream;
}

TEST(JpegLsPresets, AreCheckedAgainstTheStandard) {
  const std::string stream = stream_named("reset_3");  // MAXVAL 255, T 3 7 21, RESET 3
  ASSERT_EQ(refusal(stream), "read");
  EXPECT_EQ(refusal(with_preset(stream, 0, 256)),
            "expected the JPEG-LS preset MAXVAL from 1 to 255, found 256");
  EXPECT_EQ(refusal(with_preset(stream, 1, 256)),
            "expected the JPEG-LS preset T1 from 1 to 255, found 256");
  EXPECT_EQ(refusal(with_preset(stream, 2, 2)),
            "expected the JPEG-LS preset T2 from 3 to 255, found 2");
  EXPECT_EQ(refusal(with_preset(stream, 3, 6)),
            "expected the JPEG-LS preset T3 from 7 to 255, found 6");
  for (const uint16_t reset : {1, 2, 256, 65535})
    EXPECT_EQ(refusal(with_preset(stream, 4, reset)),
              "expected the JPEG-LS preset RESET from 3 to 255, found " + std::to_string(reset));
}

}  // namespace
}  // namespace evax::image::dicom
