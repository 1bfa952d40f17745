#include "evax/image/dicom/codec/jpeg_ls_parameters.h"

#include <algorithm>
#include <bit>

#include "evax/core/error.h"

namespace evax::image::dicom {
namespace {

constexpr int dri = 0xDD, lse = 0xF8, sos = 0xDA;

// T.87 C.2.4.1.1.1.
void set_default_thresholds(JpegLsParameters& p) {
  const auto clamped = [&](int value, int least) {
    return value > p.maximum || value < least ? least : value;
  };
  if (p.maximum >= 128) {
    const int factor = (std::min(p.maximum, 4095) + 128) / 256;
    p.t1 = clamped(factor + 2 + 3 * p.near, p.near + 1);
    p.t2 = clamped(4 * factor + 3 + 5 * p.near, p.t1);
    p.t3 = clamped(17 * factor + 4 + 7 * p.near, p.t2);
  } else {
    const int factor = 256 / (p.maximum + 1);
    p.t1 = clamped(std::max(2, 3 / factor + 3 * p.near), p.near + 1);
    p.t2 = clamped(std::max(3, 7 / factor + 5 * p.near), p.t1);
    p.t3 = clamped(std::max(4, 21 / factor + 7 * p.near), p.t2);
  }
}

// The five numbers of an LSE segment of type 1; 0 stands for the default (T.87 C.2.4.1.1).
struct Preset {
  int maximum = 0, t1 = 0, t2 = 0, t3 = 0, reset = 0;
};

Preset read_preset(Bytes body) {
  constexpr size_t size = 11;
  const int type = body.empty() ? 0 : u8(body, 0);
  if (type != 1 || body.size() != size)
    fail("expected JPEG-LS presets of type 1 and {} bytes, found type {} and {} bytes", size, type,
         body.size());
  const auto number = [&](size_t index) -> int { return u16(body, 1 + 2 * index, true); };
  return {number(0), number(1), number(2), number(3), number(4)};
}

void check(int value, int low, int high, std::string_view name) {
  if (value < low || value > high)
    fail("expected the JPEG-LS preset {} from {} to {}, found {}", name, low, high, value);
}

JpegLsParameters make_parameters(const Preset& preset, int precision, int near) {
  JpegLsParameters p;
  const int most = (1 << precision) - 1;
  p.maximum = preset.maximum != 0 ? preset.maximum : most;
  check(p.maximum, 1, most, "MAXVAL");
  p.near = near;
  check(p.near, 0, std::min(255, p.maximum / 2), "NEAR");
  set_default_thresholds(p);
  if (preset.t1 != 0) p.t1 = preset.t1;
  if (preset.t2 != 0) p.t2 = preset.t2;
  if (preset.t3 != 0) p.t3 = preset.t3;
  check(p.t1, p.near + 1, p.maximum, "T1");
  check(p.t2, p.t1, p.maximum, "T2");
  check(p.t3, p.t2, p.maximum, "T3");
  if (preset.reset != 0) p.reset = preset.reset;
  check(p.reset, 3, std::max(255, p.maximum), "RESET");
  const auto bits_for = [](int values) {  // ceil(log2(values))
    return static_cast<int>(std::bit_width(static_cast<unsigned>(values - 1)));
  };
  p.range = (p.maximum + 2 * p.near) / (2 * p.near + 1) + 1;
  p.range_bits = bits_for(p.range);
  const int sample_bits = std::max(2, bits_for(p.maximum + 1));
  p.limit = 2 * (sample_bits + std::max(8, sample_bits));
  return p;
}

}  // namespace

JpegLsScan read_jpeg_ls_scan(Bytes stream, const CodestreamHeader& header) {
  Preset preset;
  size_t at = 2;  // behind SOI
  while (true) {
    const int marker = next_jpeg_marker(stream, at);
    const size_t length = u16(stream, at, true);
    const Bytes body = stream.subspan(at + 2, length - 2);
    at += length;
    if (marker == lse) preset = read_preset(body);
    if (marker == dri &&
        std::any_of(body.begin(), body.end(), [](std::byte b) { return b != std::byte{0}; }))
      fail("expected a JPEG-LS stream without restart intervals, found some");
    if (marker != sos) continue;
    // One component: its number, its mapping table, then NEAR, interleaving and point transform.
    constexpr size_t size = 6;
    if (body.size() != size || u8(body, 0) != 1 || u8(body, 2) != 0 || u8(body, 5) != 0)
      fail("expected a JPEG-LS scan of one component without mapping table, found another");
    return {make_parameters(preset, header.precision, u8(body, 3)), stream.subspan(at)};
  }
}

}  // namespace evax::image::dicom
